/** What a decision needs besides the verdict and the database. */
export interface DecisionContext {
  now: Date;
  /** The link at which the person goes on with a session. */
  linkOf: (sessionId: string) => string;
}
