/**
 * Whether an error means that Postgres or Redis is out of reach, out of connections, read-only or
 * shutting down: nothing is wrong with the work, and it is worth another try.
 */
export function isConnectionTrouble(error: Error & { code?: string }): boolean {
  const code = error.code ?? '';
  return (
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|57P0[123]|53300|25006|55P03|40001|40P01|08\w{3})$/.test(
      code,
    ) ||
    /timeout exceeded when trying to connect|Connection terminated|Connection is closed|isn't writeable|Command timed out/.test(
      error.message,
    ) ||
    error.name === 'MaxRetriesPerRequestError'
  );
}
