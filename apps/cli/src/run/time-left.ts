// How long something will take.

/** Said only where it is long: from a minute on. */
export function timeLeft(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes < 1) return '';
  return minutes < 120 ? `about ${Math.round(minutes)} min left` : `about ${Math.round(minutes / 60)} h left`;
}
