/**
 * Texts with more brackets open than this are not parsed: the parser takes a time that grows with the square of the depth
 * (5 s for 100,000), and Python itself takes no more than 200.
 */
const mostOpen = 2000;

/** A million characters of code take a second and are nobody's source. */
const mostCharacters = 1_000_000;

/** Whether a text is so long, or has so many brackets open or closed wherever they stand, that it isn't parsed: cheap. */
export function isBeyondLimits(text: string): boolean {
  if (text.length > mostCharacters) return true;
  if (text.length <= mostOpen) return false;
  let open = 0;
  let closed = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Most of a text is letters and spaces.
    if (code < 40 || (code > 93 && code !== 123 && code !== 125)) continue;
    // ( [ {
    if (code === 40 || code === 91 || code === 123) {
      if (++open > mostOpen) return true;
    } else if (code === 41 || code === 93 || code === 125) {
      if (open > 0) open--;
      else if (++closed > mostOpen) return true;
    }
  }
  return false;
}
