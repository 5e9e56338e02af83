/** A random UUID (version 4). k6 has no crypto.randomUUID; ids of test devices need no more. */
export function uuidv4(): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () =>
    Math.floor(Math.random() * 16).toString(16),
  );
}
