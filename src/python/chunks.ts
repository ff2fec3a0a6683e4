/** A chunk is not much longer than this where it doesn't have to be. */
const chunkLength = 1500;

/** What goes on with the statement before it. */
const continuation = /(?:else|elif|except|finally)\b/y;

/** What has statements of its own inside. */
const compound = /(?:def|class|if|for|while|with|try|async|match)\b|@/y;

/** What can't stand inside brackets: where it does, one was left open. */
const never = /(?:def|class|async[ \t]+def|import|return|raise|while|with|try)\b|from[ \t]+[.\w]+[ \t]+import\b/y;

/**
 * Takes a Python text apart between statements of the module: functions and classes each for themselves, others a few
 * together. So what is unfinished in one, as it is while it is being written, doesn't spoil those after it, and what
 * hasn't changed doesn't have to be parsed again.
 * @returns where the chunks begin; the first of them at 0
 */
export function chunksOf(text: string): number[] {
  const starts = [0];
  let begun = 0;
  let depth = 0;
  // A decorator goes with what it decorates.
  let isDecorated = false;
  let isCompound = true;
  let isLineStart = true;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (isLineStart) {
      isLineStart = false;
      if (beginsStatement(text, at, code, depth)) {
        depth = 0;
        const startsCompound = matches(compound, text, at);
        if (!isDecorated && at > begun && (startsCompound || isCompound || at - begun > chunkLength)) {
          starts.push(at);
          begun = at;
        }
        isDecorated = code === atSign;
        isCompound = startsCompound;
      }
    }
    switch (code) {
      case lineFeed:
      case carriageReturn:
        isLineStart = true;
        at++;
        break;
      case hash:
        at = endOfLine(text, at);
        break;
      case backslash:
        // Goes on in the next line, whatever stands there.
        at += text.charCodeAt(at + 1) === carriageReturn && text.charCodeAt(at + 2) === lineFeed ? 3 : 2;
        break;
      case quote:
      case doubleQuote:
        at = endOfString(text, at);
        break;
      case 40:
      case 91:
      case 123:
        depth++;
        at++;
        break;
      case 41:
      case 93:
      case 125:
        if (depth > 0) depth--;
        at++;
        break;
      default:
        at++;
    }
  }
  return starts;
}

const [lineFeed, carriageReturn, tab, formFeed, space] = [10, 13, 9, 12, 32];
const [hash, backslash, quote, doubleQuote, atSign] = [35, 92, 39, 34, 64];

function beginsStatement(text: string, at: number, code: number, depth: number): boolean {
  if (code === space || code === tab || code === formFeed || code === lineFeed || code === carriageReturn) return false;
  if (code === hash) return false;
  return depth > 0 ? matches(never, text, at) : !matches(continuation, text, at);
}

function matches(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function endOfLine(text: string, at: number): number {
  let end = at;
  while (end < text.length && text.charCodeAt(end) !== lineFeed && text.charCodeAt(end) !== carriageReturn) end++;
  return end;
}

/** After the string that begins at a quote; one that isn't closed ends with its line, or with the text. */
function endOfString(text: string, at: number): number {
  const mark = text.charCodeAt(at);
  const isTriple = text.charCodeAt(at + 1) === mark && text.charCodeAt(at + 2) === mark;
  for (let end = at + (isTriple ? 3 : 1); end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === backslash) {
      if (!isTriple && text.charCodeAt(end + 1) === carriageReturn && text.charCodeAt(end + 2) === lineFeed) end++;
      end++;
    } else if (code === mark) {
      if (!isTriple) return end + 1;
      if (text.charCodeAt(end + 1) === mark && text.charCodeAt(end + 2) === mark) return end + 3;
    } else if (!isTriple && (code === lineFeed || code === carriageReturn)) return end;
  }
  return text.length;
}
