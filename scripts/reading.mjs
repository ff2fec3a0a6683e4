// Makes the mapping from spelling to sound that networks can be trained on:  node scripts/reading.mjs  writes
// src/training/reading.json. With --check nothing is written, and the exit status says whether it would change.
//
// The words are made up after a rule, as those of English monosyllables are in models of reading aloud, with exceptions to
// it. None of this is data about a language. A word is an onset, a vowel, a coda and, or not, a final e:
//
// - Spelling: one input unit for each letter in each place (15 onsets, 5 vowels, 10 codas) and one for the final e.
// - Sound: 7 output units for the features of the onset, 5 for those of the vowel, 7 for those of the coda.
// - Rule: a consonant has the features of its letter. A vowel is short without a final e, long with one (MAT, MATE). After w,
//   a short a is rounded (WAD): a rule within the rule.
// - Exceptions: in every tenth word the vowel is long where the rule says short, or short where it says long (HAVE).
//
// Which 100 of the 1,500 possible words are taken, a linear congruential generator with a fixed seed says.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, runMain } from './process.mjs';

const features = ['voiced', 'labial', 'coronal', 'velar', 'nasal', 'fricative', 'approximant'];
/** @type {Record<string, string>} */
const consonants = {
  b: '1100000',
  d: '1010000',
  f: '0100010',
  g: '1001000',
  h: '0000010',
  k: '0001000',
  l: '1010001',
  m: '1100100',
  n: '1010100',
  p: '0100000',
  r: '1000001',
  s: '0010010',
  t: '0010000',
  v: '1100010',
  w: '1101001',
};
const onsets = Object.keys(consonants);
const codas = ['b', 'd', 'g', 'k', 'l', 'm', 'n', 'p', 't', 'v'];

const vowelFeatures = ['high', 'low', 'back', 'round', 'long'];
/** @type {Record<string, readonly [short: string, long: string]>} */
const vowels = {
  a: ['01000', '00001'],
  e: ['00000', '10001'],
  i: ['10000', '01101'],
  o: ['01110', '00111'],
  u: ['00100', '10111'],
};

const wordCount = 100;
const exceptionEvery = 10;

/** @param {readonly string[]} all @param {string} one */
const unit = (all, one) => all.map((each) => (each === one ? '1' : '0')).join('');

/** @param {string} onset @param {string} vowel @param {string} coda @param {boolean} finalE @param {boolean} exception */
function wordOf(onset, vowel, coda, finalE, exception) {
  const letters = Object.keys(vowels);
  const isLong = finalE !== exception;
  const [short = '', long = ''] = vowels[vowel] ?? [];
  const rounded = vowel === 'a' && onset === 'w' && !isLong;
  return {
    spelling: `${onset}${vowel}${coda}${finalE ? 'e' : ''}`,
    exception,
    input: unit(onsets, onset) + unit(letters, vowel) + unit(codas, coda) + (finalE ? '1' : '0'),
    target: [consonants[onset], isLong ? long : rounded ? '01110' : short, consonants[coda]].join(''),
  };
}

function words() {
  // Numerical Recipes' generator; its upper bits are the good ones.
  let state = 1;
  const below = (/** @type {number} */ count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const letters = Object.keys(vowels);
  const found = new Map();
  while (found.size < wordCount) {
    const [onset = '', vowel = '', coda = ''] = [
      onsets[below(onsets.length)],
      letters[below(letters.length)],
      codas[below(codas.length)],
    ];
    const finalE = below(2) === 1;
    const exception = found.size % exceptionEvery === exceptionEvery - 1;
    const word = wordOf(onset, vowel, coda, finalE, exception);
    if (!found.has(word.spelling)) found.set(word.spelling, word);
  }
  return [...found.values()];
}

await runMain(() => {
  const file = path.join(root, 'src/training/reading.json');
  const reading = {
    inputs: [
      ...onsets.map((letter) => `onset ${letter}`),
      ...Object.keys(vowels).map((letter) => `vowel ${letter}`),
      ...codas.map((letter) => `coda ${letter}`),
      'final e',
    ],
    outputs: [
      ...features.map((name) => `onset ${name}`),
      ...vowelFeatures.map((name) => `vowel ${name}`),
      ...features.map((name) => `coda ${name}`),
    ],
    words: words(),
  };
  const text = `${JSON.stringify(reading, null, 1)}\n`;
  const changed = !existsSync(file) || readFileSync(file, 'utf8') !== text;
  console.log(`${String(reading.words.length)} words; ${changed ? path.relative(root, file) : 'nothing to change'}`);
  if (!changed) return Promise.resolve(0);
  if (process.argv.includes('--check')) return Promise.resolve(1);
  writeFileSync(file, text);
  return Promise.resolve(0);
});
