/** Weight of the newest score in a person's usual match score. */
const NEWEST_WEIGHT = 0.2;

/** A bounded moving average of the match scores of Approved selfies, 0-100. */
export function nextUsualScore(usual: number | null, score: number): number {
  return usual === null ? score : usual + NEWEST_WEIGHT * (score - usual);
}
