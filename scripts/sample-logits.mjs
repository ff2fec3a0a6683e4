// Writes samples/logits.csv: the logits of a binary classifier and the targets, to try "Your logits" with.
//
// A logistic model of two features is trained by full-batch gradient descent on 400 points of two clouds that can be told
// apart, for so long that it is as sure of itself as classifiers are that are trained until the loss no longer falls. Its
// logits are those of 3,000 other points, of which one in 101 has the other label, as hand-made labels do. Nothing is
// drawn at random from outside: the same file comes out every time.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'samples', 'logits.csv');
const random = randomOf(20_261_122);

/** mulberry32 @param {number} seed */
function randomOf(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Close to a standard normal number. */
const normal = () => Array.from({ length: 12 }, random).reduce((sum, each) => sum + each, -6);

/** A point of the cloud of its label: features and label. @param {0 | 1} label @param {number} spread */
function point(label, spread) {
  const side = label === 1 ? 1 : -1;
  return { x: [1.4 * side + spread * normal(), 0.9 * side + spread * normal(), 1], label };
}

/** @param {number} count @param {number} spread */
const points = (count, spread) => Array.from({ length: count }, (_, i) => point(i % 2 === 0 ? 0 : 1, spread));

/** @param {readonly number[]} weights @param {readonly number[]} x */
const logitOf = (weights, x) => weights.reduce((sum, weight, i) => sum + weight * (x[i] ?? 0), 0);

/** @param {ReturnType<typeof points>} data */
function train(data) {
  let weights = [0, 0, 0];
  for (let epoch = 0; epoch < 2_000; epoch++) {
    const slope = [0, 0, 0];
    for (const { x, label } of data) {
      const error = 1 / (1 + Math.exp(-logitOf(weights, x))) - label;
      for (const [i, value] of x.entries()) slope[i] = (slope[i] ?? 0) + (error * value) / data.length;
    }
    weights = weights.map((weight, i) => weight - 0.5 * (slope[i] ?? 0));
  }
  return weights;
}

const weights = train(points(400, 0.45));
const lines = points(3000, 0.55).map(({ x, label }, i) => {
  const target = i % 101 === 50 ? 1 - label : label;
  return `${String(Number(logitOf(weights, x).toPrecision(6)))},${String(target)}`;
});
writeFileSync(file, `${['logits,targets', ...lines].join('\n')}\n`);
