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
  let open = 0;
  let closed = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 40: // (
      case 91: // [
      case 123: // {
        if (++open > mostOpen) return true;
        break;
      case 41:
      case 93:
      case 125:
        if (open > 0) open--;
        else if (++closed > mostOpen) return true;
        break;
    }
  }
  return false;
}
