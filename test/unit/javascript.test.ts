import assert from 'node:assert/strict';
import { inOrder, print, variable, type Expression } from '../../src/expression';
import { analyseJavaScript, type Dialect } from '../../src/javascript';
import { isTensorFlow } from '../../src/javascript/libraries';
import { parseJavaScript } from '../../src/javascript/parse';
import type { PythonAnalysis } from '../../src/python';
import type { PyExpression, Statement } from '../../src/python/syntax';
import { show } from './written';

/** The statements as text; the names that parts are given by their place are numbered as they come. */
function parsed(text: string, dialect: Dialect = 'ts'): string {
  const places: string[] = [];
  return parseJavaScript(text, dialect)
    .statements.map(show)
    .join('\n')
    .replace(/(?<=<(?:value )?|@)\d+/g, (place) => {
      if (!places.includes(place)) places.push(place);
      return String(places.indexOf(place) + 1);
    });
}

describe('parseJavaScript', () => {
  const cases: Readonly<Record<string, readonly [text: string, shown: string]>> = {
    'imports of TensorFlow.js and of others': [
      "import * as tf from '@tensorflow/tfjs'\nimport t, { log, layers as L, default as d } from '@tensorflow/tfjs-core'\n" +
        "import { type Tensor, neg } from '@tensorflow/tfjs-layers'\nimport type { Scalar } from '@tensorflow/tfjs'\n" +
        "import x, { y } from './tf'\nimport '@tensorflow/tfjs-node'",
      'import tf:tensorflowjs\nimport t:tensorflowjs,log:tensorflowjs.log,L:tensorflowjs.layers,d:tensorflowjs\n' +
        'import neg:tensorflowjs.neg\nimport x:javascript.module,y:?',
    ],
    'modules that are asked for': [
      "const a = require('@tensorflow/tfjs-node-gpu'), { log, losses: { logLoss } } = require('@tensorflow/tfjs').default\n" +
        "const b = await import('@tensorflow/tfjs')\nimport c = require('@tensorflow/tfjs')\nconst d = require('fs')",
      'import <tensorflowjs>:tensorflowjs,<module>:javascript.module\na = <tensorflowjs>\nlog = <tensorflowjs>.log\n' +
        '<value 1> = <tensorflowjs>.losses\nlogLoss = <value 1>.logLoss\nb = <tensorflowjs>\nimport c:tensorflowjs\n' +
        'd = <module>',
    ],
    'a library that a script tag has brought': ['tf.log(x)', 'import tf:tensorflowjs\neval tf.log(x)'],
    'one that is a property of the window, or a parameter': [
      'window.tf.log(x)\nexport const f = (tf) => tf.log(x)',
      'import <tensorflowjs>:tensorflowjs\neval <tensorflowjs>.log(x)\ndef <1>f(tf) {return <tensorflowjs>.log(x)}\nf = <1>f',
    ],
    'a name that happens to be tf': [
      "import tf from './other'\nconst Math = 1\ntf.log(Math.PI)",
      'import tf:javascript.module\nMath = 1\neval tf.log(Math.PI)',
    ],
    'declarations and assignments': [
      'let a, b = 1\nvar c = d, e\na = b = c\na.b[0] += c\nd ||= e\ni++\n--j',
      'b = 1\nc = d\na = b = c\na.b[0] += c\nd = (d or e)\ni += 1\nj -= 1',
    ],
    destructuring: [
      'const { a, b: { c = 1 }, ["d"]: e, ...f } = g;\n[a, , [b], ...c] = d;\n({ a, b } = this);',
      'a = g["a"]\n<value 1> = g["b"]\neval 1\nc = <value 1>["c"]\ne = ?("d")\nf = g\n[a,?(),[b],*c] = d\na = this.a\nb = this.b',
    ],
    'names that a block hides': [
      'const p = 1\nif (a) { const p = 2; f(p) } else f(p)\nfor (let p of ps) f(p)\n{ let q = p }\nf(q)\nfunction f(p) { return p }',
      'def f(p) {return p}\np = 1\nif a {p@1 = 2; eval f(p@1)} else {eval f(p)}\nloop p@2 in [ps["<element>"]] {eval f(p@2)} {}\nq = p\neval f(q)',
    ],
    operators: [
      'x = -(a ** 2) + b * c % d / e\ny = a === b && c !== d || !e\nz = a ?? b?.c?.[d]?.(e)\nv = typeof a, void b',
      'x = ((- (a ** 2)) + (((b * c) % d) / e))\ny = (((a == b) and (c != d)) or (not e))\nz = (a or b.c[d](e))\nv = ?(a)\neval ?(b)',
    ],
    literals: [
      'f(1e-7, .5, 0x1F, 1_000n, \'a\', "b", `c`, `d${e}`, true, null, undefined, Infinity, /x/g, [1, ...y, ,], Number.EPSILON, Math.LN2)',
      `eval f(1e-7, 0.5, 31, 1000, "a", "b", "c", ?(e), true, null, null, Infinity, ?(), [1,*y], ${String(Number.EPSILON)}, ${String(Math.LN2)})`,
    ],
    objects: [
      "const o = { a: 1, 'b': 2, c, ...d, [e]: f, g(x) { return x }, h: (x) => x }\no.g(o.a)",
      'def <1>g(x) {return x}\ndef <2>h(x) {return x}\n' +
        'o = {"a":1,"b":2,"c":c,**:d,?(e):f,"g":<1>g,"h":<2>h}\neval o["g"](o["a"])',
    ],
    'functions of all kinds': [
      'f()\nfunction f(a, b = 1, { c, d: [e] } = {}, ...g) { return a }\nasync function* h() { yield 1 }\n' +
        'const i = function (x) { x }, j = async x => await x\nk(x => { return x }, (x) => (y) => x)',
      'def f(a, b=1, <value 1>={}, *g) {c = <value 1>["c"]; [e] = <value 1>["d"]; return a}\ndef h() {eval ?(1)}\n' +
        'eval f()\ndef <2>i(x) {eval x}\ndef <3>j(x) {return x}\ni = <2>i\nj = <3>j\n' +
        'def <4>(x) {return x}\neval k(<4>, lambda(x: lambda(y: x)))',
    ],
    classes: [
      'class A extends tf.layers.Layer {\n  #p = 1; q; static r = 2; s = (x) => x\n' +
        '  constructor(private t, u) { super({}); this.u = u }\n  get v() { return this.#p }\n  set v(x) {}\n' +
        '  static w(x) { return x }\n  call(x) { return x }\n}\nnew A(1)',
      'import tf:tensorflowjs\nclass A(tf.layers.Layer) {def __init__(this, t, u) {this.#p = 1; this.t = t; eval super({}); this.u = u}; ' +
        'r = 2; def s(this, x) {return x}; @property def v(this) {return this.#p}; def set v(this, x) {}; ' +
        '@staticmethod def w(x) {return x}; def call(this, x) {return x}}\neval A(1)',
    ],
    'classes without a constructor, and without a name': [
      'class A { a = f(() => { b }) }\nexport default class extends B {}\nconst C = class { m() {} }',
      'class A() {def __init__(this) {def <1>() {eval b}; this.a = f(<1>)}}\nclass <2>(B) {}\nclass <3>() {def m(this) {}}\nC = <3>',
    ],
    branches: [
      'if (a) b; else if (c) { d } else e\nwhile (a) { if (b) break; continue }\ndo { a } while (b)\nfor (let i = 0; i < n; i++) a\nfor (const k in o) a\nfor (j = 0, k = 1; j < n; ) a\nthrow a',
      'if a {eval b} elif c {eval d} else {eval e}\nloop a {if b {break}; continue} {}\nloop b {eval a} {}\n' +
        'loop i in ?(0,(i < n),?(i)) {eval a} {}\nloop k in ?(o) {eval a} {}\nloop j,k in ?(?((j := 0),(k := 1)),(j < n)) {eval a} {}\nraise',
    ],
    'switch and try': [
      'switch (a) { case 1: case 2: b; break; case 3: { c } default: d }\ntry { a } catch ({ b }) { c } finally { d }\ntry { a } catch { b }',
      'loop a {match case  {eval b; break} case  {eval c}; eval d} {}\ntry {eval a} except b {eval c} else {} finally {eval d}\ntry {eval a} except  {eval b} else {} finally {}',
    ],
    'what loops add up': [
      'let s = 0, t = 1\nfor (const x of xs) { s += f(x); t += x }\nwhile (a) s = s + b\ns += 1',
      'import <sum>:javascript.sum\ns = 0\nt = 1\nloop x in [xs["<element>"]] {s = <sum>(f(x)); t += x} {}\nloop a {s = <sum>(b)} {}\ns += 1',
    ],
    'idioms of arrays': [
      'xs.map((x) => x * 2).reduce((a, b) => a + b, 0)\nxs.reduce((s, x) => s + f(x), 0)\nMath.max(...xs)\nxs.reduce((a, b) => Math.max(a, b))\nxs.push(y)\nxs[xs.length - 1] + xs.at(-1)',
      'import <sum>:javascript.sum,Math:javascript.Math\n' +
        'eval <sum>(each(lambda(x: (x * 2))(<element>) for <element> in [xs["<element>"]]))\n' +
        'eval <sum>(each(f(x) for x in [xs["<element>"]]))\neval Math.max(xs)\neval Math.max(xs)\neval xs.append(y)\neval (xs[-1] + xs[(- 1)])',
    ],
    'methods that the file has itself are no idioms': [
      'class A { map(f) { return f } push(x) {} apply(x) {} }\na.map(f)\na.push(x)\na.apply(x)',
      'class A() {def map(this, f) {return f}; def push(this, x) {}; def apply(this, x) {}}\neval a.map(f)\neval a.push(x)\neval a.apply(x)',
    ],
    'what types say': [
      'const a = b as any as T, c = d!.e, f = <T>g, h = i satisfies J, k = l<T>(m)\ninterface I { a: number }\ntype T = string\n' +
        'declare const tf: any\nenum E { A = f(1) }\nnamespace N { export const n = 1 }\nfunction o(x: T): U;\nfunction o(this: V, x: T | U = 1): x is W { return x }',
      'def o(x=1) {return x}\na = b\nc = d.e\nf = g\nh = i\nk = l(m)\neval f(1)\nn = 1',
    ],
    'compiled code': [
      'var _tf = _interop(require("@tensorflow/tfjs"))\n;(0, _tf.log)(x)\nexports.f = f',
      'import <tensorflowjs>:tensorflowjs\n_tf = _interop(<tensorflowjs>)\neval _tf.log(x)\nexports.f = f',
    ],
    tests: [
      "describe('a', () => { it('b', () => { f(x) }) })\ntestIt(() => { g })",
      'def test<1>() {def test<2>() {eval f(x)}; eval it("b", test<2>)}\neval describe("a", test<1>)\ndef <3>() {eval g}\neval testIt(<3>)',
    ],
    'broken code': [
      'x = f(a, g(b);\ny = { a: 1, b c: 2, d: 3 }\nz = tf.log(;\nconst = 3\nv = f(a, , b)\nw = 1',
      'import tf:tensorflowjs\nx = f(a, g(b))\ny = {"a":1,**:?(2),"d":3}\nz = tf.log()\neval 3\nv = f(a, b)\nw = 1',
    ],
  };
  for (const [name, [text, shown]] of Object.entries(cases)) {
    it(name, () => {
      assert.equal(parsed(text), shown);
    });
  }

  it('elements, and TypeScript that has some though its name does not say so', () => {
    const text = 'const a = (x: T) => <div onClick={() => { f(x) }} {...b}>{c} d</div>';
    const shown = 'def <1>a(x) {def <2>() {eval f(x)}; return ?(<2>,b,c)}\na = <1>a';
    assert.equal(parsed(text, 'tsx'), shown);
    assert.equal(parsed(text, 'ts'), shown);
    assert.equal(parsed(text.replace(': T', ''), 'js'), shown);
    assert.equal(parsed('const a = <T>b', 'ts'), 'a = b');
  });

  it("leaves out what a bundler has written, which is nobody's source", () => {
    const line = 'const a = tf.log(tf.sigmoid(b));';
    assert.equal(parseJavaScript(`${line}\n`.repeat(3000), 'js').statements.length, 3001);
    assert.equal(parseJavaScript(line.repeat(3000), 'js').statements.length, 0);
  });

  it('knows the packages of TensorFlow.js', () => {
    for (const module of [
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-node',
      '@tensorflow/tfjs-node-gpu',
      '@tensorflow/tfjs/dist/tf.esm.js',
      '@tensorflow/tfjs-core/dist/ops/log',
      'https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@4.22.0/+esm',
      'https://esm.sh/@tensorflow/tfjs@4',
      'npm:@tensorflow/tfjs',
    ]) {
      assert(isTensorFlow(module), module);
    }
    for (const module of [
      '',
      'tfjs',
      '@tensorflow/tfjs-vis',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow-models/posenet',
      '@tensorflow/tfjs-core/dist/ops/losses/log_loss',
    ]) {
      assert(!isTensorFlow(module), module);
    }
  });
});

/** A text in which «...» stands around what is asked for. */
function marked(source: string): { readonly text: string; readonly start: number; readonly end: number } {
  const start = source.indexOf('«');
  const end = source.indexOf('»') - 1;
  assert(start >= 0 && end > start, source);
  return { text: source.replace(/[«»]/g, ''), start, end };
}

/** A value, unknown parts by their source text, or `_` where they have none: what a dense layer makes of its input. */
function written(value: Expression, analysis: PythonAnalysis, text: string): string {
  const named = print(value).replace(/v\d+/g, (name) => {
    const known = inOrder([value]).find((node) => node.kind === 'variable' && node.name === name);
    const origin = analysis.originOf(known ?? variable(name));
    return origin && origin.end - origin.start < text.length ? text.slice(origin.start, origin.end) : '_';
  });
  return named.replaceAll('matmul(_, _)', '_');
}

describe('analyseJavaScript', () => {
  /** What is computed at the marked place by itself, and what in calls of the function around it. */
  const lifted = (source: string, dialect: Dialect = 'ts'): string => {
    const { text, start, end } = marked(source);
    const analysis = analyseJavaScript(text, dialect);
    const here = analysis.sites.filter(({ range }) => range.start === start && range.end === end);
    const values = here.map(({ alternatives, framework, loss, gradients, test }) => {
      assert.equal(gradients, true);
      assert.equal(test, false);
      const each = alternatives.map((operands) => operands.map((value) => written(value, analysis, text)).join(', '));
      return `${framework.name}${loss === undefined ? '' : ` ${loss}`}: ${each.join(' or ')}`;
    });
    return [...new Set(values)].join(' | ');
  };

  const tf = "import * as tf from '@tensorflow/tfjs';\n";

  const cases: Readonly<Record<string, readonly [text: string, lifted: string]>> = {
    'functions of the library': [`${tf}const l = «tf.log(tf.sigmoid(x))».mean()`, 'tfjs: log(sigmoid(x))'],
    'chained methods': [`${tf}const l = «x.sigmoid().log()».neg()`, 'tfjs: log(sigmoid(x))'],
    'functions that are imported by name': [
      "import { log as ln, sigmoid } from '@tensorflow/tfjs-core';\n«ln(sigmoid(x))»",
      'tfjs: log(sigmoid(x))',
    ],
    'functions of a required library': [
      "const { log, sub, sigmoid } = require('@tensorflow/tfjs-node');\n«log(sub(1, sigmoid(x)))»",
      'tfjs: log(1 − sigmoid(x))',
    ],
    'the library of a script tag': ['«tf.log(tf.softmax(x))»', 'tfjs: log(softmax(x, _))'],
    'a library that is awaited': [
      "async function f(x) { const tf = await import('@tensorflow/tfjs'); return «tf.log(tf.sigmoid(x))»; }",
      'tfjs: log(sigmoid(x))',
    ],
    'a library that a function is given': [
      'module.exports = function (tf) { return (x) => «tf.log(tf.sigmoid(x))»; }',
      'tfjs: log(sigmoid(x))',
    ],
    'arithmetic of tensors': [
      `${tf}«tf.neg(tf.div(tf.pow(tf.mul(tf.add(a, 1), 2), 3), tf.sqrt(tf.squaredDifference(b, c))))»`,
      'tfjs: −(((a + 1) · 2)^3 / sqrt((b − c) · (b − c)))',
    ],
    'scalars and ones': [
      `${tf}«tf.log(tf.scalar(1).sub(tf.onesLike(p).mul(p)).add(tf.scalar(1e-7)))»`,
      'tfjs: log(1 − 1 · p + 1e-7)',
    ],
    clamps: [
      `${tf}«tf.clipByValue(p.clipByValue(0, 1), 1e-7, 0.5).log()»`,
      'tfjs: log(clip(clip(p, 0, 1), 1e-7, 0.5))',
    ],
    'reductions and norms': [
      `${tf}«tf.exp(x).sum(-1, true).log().add(tf.logSumExp(x)).add(tf.norm(x, 'euclidean', -1)).add(x.norm())»`,
      'tfjs: log(sum(exp(x))) + logsumexp(x) + norm(x) + norm(x)',
    ],
    'norms of another order are unknown': [`${tf}«tf.log(tf.norm(x, 1))»`, 'tfjs: log(tf.norm(x, 1))'],
    'where, as a function and as a method': [
      `${tf}«tf.log(tf.where(c, a, b)).add(a.where(c, b))»`,
      'tfjs: log(if(c, a, b)) + if(c, a, b)',
    ],
    moments: [
      `${tf}const { mean, variance } = tf.moments(x, 0);\n«x.sub(mean).div(variance.sqrt())»`,
      'tfjs: (x − mean(x)) / sqrt(var(x))',
    ],
    'activations of the library': [
      `${tf}«tf.log(tf.softplus(x)).add(tf.logSigmoid(y)).add(z.logSoftmax())»`,
      'tfjs: log(softplus(x)) + log_sigmoid(y) + log_softmax(z, _)',
    ],
    'types say nothing': [
      `${tf}const p = (tf.sigmoid(x as tf.Tensor2D) as tf.Tensor)!;\nconst l: tf.Scalar = «tf.log<tf.Tensor>(p)».mean();`,
      'tfjs: log(sigmoid(x))',
    ],
    'what tidy gives': [
      `${tf}const p = tf.tidy(() => { const z = dense(x); return tf.sigmoid(z); });\nconst l = «tf.tidy('loss', () => p)\n  .log()»;`,
      'tfjs: log(sigmoid(dense(x)))',
    ],
    'what tidy gives in each call of the function around it': [
      `${tf}function f(x) { return tf.tidy(() => tf.log(x)); }\nf(tf.sigmoid(a));\n«f(tf.softmax(b)).neg()»`,
      'tfjs: −log(softmax(b, _))',
    ],
    'functions, arrow functions and methods': [
      `${tf}const s = (x) => tf.sigmoid(x);\nclass A { p(x) { return s(x) } l(x) { return «tf.log(this.p(x))» } }`,
      'tfjs: log(sigmoid(x))',
    ],
    'functions that are declared below': [
      `${tf}const l = «tf.log(p(x))»;\nfunction p(x) { return tf.sigmoid(x) }`,
      'tfjs: log(sigmoid(x))',
    ],
    'getters and fields': [
      `${tf}class A { z = f(1); get p() { return tf.tidy(() => tf.sigmoid(this.z)) } l() { return «tf.log(this.p)» } }`,
      'tfjs: log(sigmoid(f(1)))',
    ],
    'parameters that are taken apart': [
      `${tf}const f = ({ p, eps = 1e-7 }, [q]) => «tf.log(tf.add(p, q))»;`,
      'tfjs: log(p + q)',
    ],
    'what a call gives them': [
      `${tf}function f({ logits, y }) { return logits.softmax() }\n«f({ logits: a, y: b }).log()»`,
      'tfjs: log(softmax(a, _))',
    ],
    'elements of objects': [
      `${tf}const o = { p: tf.sigmoid(x), f(z) { return tf.softmax(z) } };\n«tf.log(tf.add(o.p, o['f'](y)))»`,
      'tfjs: log(sigmoid(x) + softmax(y, _))',
    ],
    'an alternative for each branch': [
      `${tf}let p;\nif (a) p = tf.sigmoid(x);\nelse if (b) { p = tf.softmax(x); }\nelse return;\n«tf.log(p)»`,
      'tfjs: log(sigmoid(x)) or log(softmax(x, _))',
    ],
    'and for each case': [
      `${tf}let p;\nswitch (a) {\n  case 'b':\n    p = tf.sigmoid(x);\n    break;\n  default:\n    p = y;\n}\n«tf.log(p)»`,
      'tfjs: log(sigmoid(x)) or log(y)',
    ],
    'conditions and defaults': [
      `${tf}«tf.log(a ? tf.sigmoid(x) : y)».add(tf.log(q || tf.sigmoid(x)))`,
      'tfjs: log(sigmoid(x)) or log(y)',
    ],
    'the last assignment': [
      `${tf}let p = tf.exp(a);\np = tf.sqrt(p);\np = p.add(1);\n«tf.log(p)»`,
      'tfjs: log(sqrt(exp(a)) + 1)',
    ],
    'names that a block hides': [
      `${tf}const p = tf.sigmoid(x);\n{ const p = y; f(p) }\nfor (const p of ps) f(p);\n«tf.log(p)»`,
      'tfjs: log(sigmoid(x))',
    ],
    'layers and their activations': [
      `${tf}const d = tf.layers.dense({ units: 1, activation: 'sigmoid' });\n«tf.log(d.apply(x))»`,
      'tfjs: log(sigmoid(_))',
    ],
    'models that are given their layers': [
      `${tf}const m = tf.sequential({ layers: [tf.layers.dense({ units: 2 }), tf.layers.softmax()] });\n«m.predict(x).log()»`,
      'tfjs: log(softmax(_, _))',
    ],
    'models to which layers are added': [
      `${tf}class A {\n  constructor() {\n    const m = tf.sequential();\n    m.add(tf.layers.dense({ units: 1, activation: 'sigmoid' }));\n    this.m = m;\n  }\n` +
        '  l(x) { return «tf.log(this.m.predict(x, { batchSize: 4 }) as tf.Tensor)» }\n}',
      'tfjs: log(sigmoid(_))',
    ],
    'models of inputs and outputs': [
      `${tf}const i = tf.input({ shape: [3] });\nconst o = tf.layers.activation({ activation: 'softmax' }).apply(i);\n` +
        'const m = tf.model({ inputs: i, outputs: o });\n«tf.log(m.apply(x))»',
      'tfjs: log(softmax(tf.input({ shape: [3] }), _))',
    ],
    'layers of the file': [
      `${tf}class S extends tf.layers.Layer { call(x) { return tf.sigmoid(x) } }\nconst s = new S();\n«tf.log(s.apply(x))»`,
      'tfjs: log(sigmoid(x))',
    ],
    'layers that a loop goes through': [
      `${tf}let x = input;\nfor (const layer of [tf.layers.dense({}), tf.layers.softmax()]) x = layer.apply(x);\n«x.log()»`,
      'tfjs: log(softmax(input, _))',
    ],
    'losses, labels first': [
      `${tf}«tf.losses.sigmoidCrossEntropy(y, tf.sigmoid(x))»`,
      'tfjs tf:sigmoid-cross-entropy: sigmoid(x), y',
    ],
    'softmax cross-entropy and log loss': [
      `${tf}const { softmaxCrossEntropy } = tf.losses;\n«softmaxCrossEntropy(y, tf.softmax(x))».add(tf.losses.logLoss(y, p))`,
      'tfjs tf:softmax-cross-entropy: softmax(x, _), y',
    ],
    'metrics that are losses': [
      `${tf}«tf.metrics.binaryCrossentropy(y, x.sigmoid())»`,
      'tfjs tfjs:binary-crossentropy: sigmoid(x), y',
    ],
    'what a model is trained with': [
      `${tf}const m = tf.sequential();\nm.add(tf.layers.dense({ units: 1, activation: 'sigmoid' }));\n` +
        "m.compile({ optimizer: 'adam', loss: «'binaryCrossentropy'», metrics: ['accuracy'] });",
      'tfjs tfjs:binary-crossentropy: sigmoid(_), _',
    ],
    'a loss of the library that a model is trained with': [
      `${tf}const m = tf.sequential({ layers: [tf.layers.dense({ units: 2, activation: 'softmax' })] });\nm.compile({ loss: «tf.losses.softmaxCrossEntropy» });`,
      'tfjs tf:softmax-cross-entropy: softmax(_, _), _',
    ],
    'an own loss that a model is trained with': [
      `${tf}const m = tf.sequential({ layers: [tf.layers.dense({ units: 1, activation: 'sigmoid' })] });\n` +
        'm.compile({ loss: (t, p) => t.mul(«p.log()») });',
      'tfjs: log(sigmoid(_)) | tfjs: log(p)',
    ],
    'numbers of the language': ['«Math.log(1 + Math.exp(-x))»', 'javascript: log(1 + exp(−x))'],
    'functions of numbers': [
      'const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));\nconst l = «-Math.log(sigmoid(w * x + b))»;',
      'javascript: −log(1 / (1 + exp(−(w · x + b))))',
    ],
    'softmax by hand over an array': [
      'const e = zs.map((z) => Math.exp(z));\nconst s = e.reduce((a, b) => a + b, 0);\nconst p = e.map((v) => «v / s»);',
      'javascript: exp(zs) / sum(exp(zs)) | javascript: v / sum(exp(zs))',
    ],
    'softmax by hand in loops': [
      'let s = 0;\nfor (const z of zs) s += Math.exp(z);\nfor (let i = 0; i < n; i++) p[i] = «Math.exp(zs[i]) / s»;',
      'javascript: exp(zs[i]) / sum(exp(zs))',
    ],
    'softmax by hand with the greatest taken off': [
      'const m = Math.max(...zs);\nconst l = «Math.log(zs.map((z) => Math.exp(z - m)).reduce((a, b) => a + b))»;',
      'javascript: log(sum(exp(zs − max(zs))))',
    ],
    'minima and maxima': [
      '«Math.log(Math.max(Math.min(p, 0.5, q), 1e-7))»',
      'javascript: log(max(min(min(p, 0.5), q), 1e-7))',
    ],
    'random numbers': ['«-Math.log(-Math.log(Math.random()))»', 'javascript: −log(−log(uniform(0, 1)))'],
  };
  for (const [name, [text, wanted]] of Object.entries(cases)) {
    it(name, () => {
      assert.equal(lifted(text), wanted);
    });
  }

  it('reads JavaScript in each dialect', () => {
    for (const dialect of ['js', 'jsx', 'ts', 'tsx'] as const) {
      assert.equal(lifted('«tf.log(tf.sigmoid(x))»', dialect), 'tfjs: log(sigmoid(x))', dialect);
    }
  });

  describe('is not taken in by', () => {
    const none: Readonly<Record<string, string>> = {
      'comments and strings': `${tf}// tf.log(tf.sigmoid(x))\n/* tf.log(tf.sigmoid(x)) */\nconst a = 'tf.log(x)', b = \`tf.log(x)\`;`,
      'another library of that name': "import tf from 'other';\ntf.log(tf.sigmoid(x));",
      'tensors of a file that has nothing to do with TensorFlow.js': 'x.softmax().log()',
      "a console, and objects of one's own": `${tf}console.log(x);\nconst o = { log(x) { return x } };\no.log(y);\nlogger.log(z);`,
      types: `${tf}type A = tf.Tensor<tf.Rank>;\nfunction f(x: ReturnType<typeof tf.log>): tf.Tensor;\ninterface I { log(x: tf.Tensor): tf.Tensor }`,
      'numbers alone': 'const a = 1 / (1 + 2) * 3;',
      'own Math': 'const Math = require("./math");\nMath.log(1 + Math.exp(x));',
    };
    for (const [name, text] of Object.entries(none)) {
      it(name, () => {
        const found = analyseJavaScript(text, 'ts').sites.filter(
          ({ framework }) => framework.name !== 'tfjs' || !/o\.log|console|logger/.test(text),
        );
        assert.deepEqual(
          found.map(({ range }) => text.slice(range.start, range.end)),
          [],
        );
      });
    }
  });

  it('knows tests, and what training minimises', () => {
    const text =
      `${tf}describe('a', () => { it('b', async () => { await expect(tf.log(x)); }); });\n` +
      'optimizer.minimize(() => f(tf.neg(x)).add(tf.neg(y)));\nconst bceLoss = (t, p) => tf.mul(t, p);';
    const { sites } = analyseJavaScript(text, 'ts');
    const at = (part: string): typeof sites => sites.filter(({ range }) => text.slice(range.start, range.end) === part);
    assert.deepEqual(
      at('tf.log(x)').map(({ test }) => test),
      [true],
    );
    assert(at('tf.mul(t, p)').some(({ loss }) => loss === 'objective'));
    assert(at('f(tf.neg(x)).add(tf.neg(y))').some(({ loss }) => loss === 'objective'));
  });

  it('spells names as the file imports them', () => {
    const spelled = (text: string): string => analyseJavaScript(text, 'ts').spell('tensorflowjs.losses.logLoss');
    assert.equal(spelled("import * as tfc from '@tensorflow/tfjs-core';"), 'tfc.losses.logLoss');
    assert.equal(spelled("import { losses as l } from '@tensorflow/tfjs';"), 'l.logLoss');
    assert.equal(spelled("const t = require('@tensorflow/tfjs');"), 't.losses.logLoss');
    assert.equal(spelled("import { log } from '@tensorflow/tfjs';"), 'tf.losses.logLoss');
    assert.equal(spelled("use(require('@tensorflow/tfjs'));"), 'tf.losses.logLoss');
    assert.equal(spelled('tf.log(x)'), 'tf.losses.logLoss');
    assert.equal(analyseJavaScript('Math.log(x)', 'js').spell('javascript.Math.log1p'), 'Math.log1p');
  });

  it('says which import a name needs, and where it may stand', () => {
    const needs = (text: string): readonly [string | undefined, string] => {
      const { importFor, importPlace } = analyseJavaScript(text, 'ts');
      return [importFor('tensorflowjs.logSigmoid'), text.slice(importPlace)];
    };
    assert.deepEqual(needs("'use strict';\nimport * as tf from '@tensorflow/tfjs';\nf();"), [undefined, 'f();']);
    assert.deepEqual(needs('/* a\n b */\nfunction f() {}\ntf.log(x);'), [undefined, 'function f() {}\ntf.log(x);']);
    assert.deepEqual(needs("import { log } from '@tensorflow/tfjs';\nimport 'a';\nfunction f() {}"), [
      "import * as tf from '@tensorflow/tfjs';",
      "import 'a';\nfunction f() {}",
    ]);
    assert.deepEqual(needs("// a\nconst { log } = require('@tensorflow/tfjs');"), [
      "const tf = require('@tensorflow/tfjs');",
      "const { log } = require('@tensorflow/tfjs');",
    ]);
  });

  it('finds in broken code what is whole', () => {
    for (const broken of [
      'const a = f(b, g(c);',
      'const a = { b: 1, c d: 2 };',
      'const = 3;',
      'if (a {',
      'function f( { return 1 }',
      'class A { m( { } }',
      'x = a +;',
      '@',
      '}}}',
      ')]',
      'const a = x => ;',
      '<<<<<<< HEAD',
      '=======',
      '>>>>>>> branch',
      "const a = 'b",
      'a ? b',
      'import from;',
      'export',
    ]) {
      const text = `${tf}const p = tf.sigmoid(x);\n${broken}\n\nconst l = tf.log(p);\n`;
      const found = analyseJavaScript(text, 'ts').sites.map(({ range }) => text.slice(range.start, range.end));
      assert(found.includes('tf.log(p)'), broken);
    }
  });

  it('survives any nesting', () => {
    const expressions: readonly (readonly [open: string, close: string])[] = [
      ['(', ')'],
      ['[', ']'],
      ['f(', ')'],
      ['-', ''],
      ['!', ''],
      ['x => ', ''],
      ['1 + ', ''],
      ['a ? b : ', ''],
      ['`${', '}`'],
      ['new ', ''],
      ['await ', ''],
      ['({ a: ', '})'],
      ['a.b(() => {\n', '})'],
      ['class { m() {\n', '}}'],
      ['a.map((x) =>\n', ')'],
      ['tf.tidy(() =>\n', ')'],
    ];
    const statements: readonly (readonly [open: string, close: string])[] = [
      ['{', '}'],
      ['if (a) {\n', '}'],
      ['if (a); else\n', ';'],
      ['for (;;)\n', ''],
      ['function f() {\n', '}'],
      ['class A { m() {\n', '}}'],
      ['try {\n', '} finally {}'],
      ['switch (a) { case 1:\n', '}'],
    ];
    for (const deep of [500, 3000]) {
      for (const [open, close] of [...expressions, ...statements]) {
        const nested = open.repeat(deep) + '1' + close.repeat(deep);
        const before = expressions.some(([each]) => each === open) ? 'const a = ' : '';
        const text = `${before}${nested};\nconst l = tf.log(tf.sigmoid(x));\n`;
        const { sites } = analyseJavaScript(text, 'ts');
        const last = text.lastIndexOf('tf.log(');
        // Lezer itself gives up somewhere.
        assert(deep > 500 || sites.some(({ range }) => range.start === last), open);
      }
    }
    const deep = 5000;
    const chain = `tf.log(x)${'\n.neg()'.repeat(deep)};\ntf.exp(x)`;
    assert(
      analyseJavaScript(chain, 'js').sites.some(({ range }) => chain.slice(range.start, range.end) === 'tf.exp(x)'),
    );
    const pattern = `const ${'{ a: [\n'.repeat(deep)}b${'] }'.repeat(deep)} = c;\ntf.exp(x)`;
    assert.equal(analyseJavaScript(pattern, 'js').sites.length, 1);
  }).timeout(120_000);

  it('takes time that grows with the text and no faster', () => {
    const block = `
class Trainer {
  private readonly dense = tf.layers.dense({ units: 1, activation: 'sigmoid' });
  loss(xs: tf.Tensor2D, ys: tf.Tensor2D): tf.Scalar {
    return tf.tidy(() => {
      const p = this.dense.apply(xs) as tf.Tensor;
      return ys.mul(p.log()).add(tf.sub(1, ys).mul(tf.sub(1, p).log())).neg().mean();
    });
  }
  async train(data: { x: number[] }[], { epochs = 3 } = {}) {
    for (const { x, y } of data) switch (y) {
      case 1: { const z = x.map((v) => Math.exp(v)); await this.step(() => z.reduce((a, b) => a + b, 0)); break; }
      default: console.log(\`epoch \${epochs}\`, { ...x, y });
    }
  }
}
`;
    const least = (blocks: number): number => {
      const text = `const tf = require('@tensorflow/tfjs');\n${block.repeat(blocks)}`;
      let time = Infinity;
      for (let i = 0; i < 4; i++) {
        const start = performance.now();
        analyseJavaScript(text, 'ts');
        time = Math.min(time, performance.now() - start);
      }
      return time;
    };
    least(5);
    const [few, many] = [least(40), least(160)];
    assert(many < 4 * 4 * few, `${String(few)} ms and ${String(many)} ms`);
  }).timeout(60_000);

  it('never throws, and stays inside the text, whatever becomes of the text', () => {
    const texts = [
      ...Object.values(cases).map(([source]) => marked(source).text),
      'export const a = <div b={() => { c }}>{d}<e {...f} /></div>;\n/** g */ @h() class I<T> { private j?: K = async <L,>(m: L) => m; }',
      'label: for (const [a, { b = `c${d}e` }] of Object.entries(f)) { if (a) continue label; else throw new G(`h`, /i[/]/g); }',
    ];
    // The same each time: a failure can be looked into.
    let seed = 12345;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    const pieces = [
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      '`',
      '${',
      "'",
      '/',
      '=>',
      '...',
      ',',
      ';',
      '\n',
      '<',
      '>',
      '?.',
      '\ud800',
      '#',
      '@',
      'tf.log(',
    ];
    const check = (text: string, dialect: Dialect): void => {
      for (const statement of parseJavaScript(text, dialect).statements) inRange(statement, text.length);
      const analysis = analyseJavaScript(text, dialect);
      for (const { range, statement, calls, alternatives } of analysis.sites) {
        for (const place of [range, statement, ...calls]) {
          assert(place.start >= 0 && place.start <= place.end && place.end <= text.length, JSON.stringify(place));
        }
        for (const value of alternatives.flat()) {
          const origin = analysis.originOf(value);
          if (origin) assert(origin.start >= 0 && origin.start <= origin.end && origin.end <= text.length);
        }
      }
    };
    for (const text of texts) {
      const dialect = (['js', 'jsx', 'ts', 'tsx'] as const)[random(4)] ?? 'ts';
      for (let i = 0; i < 12; i++) check(text.slice(0, random(text.length + 1)), dialect);
      for (let i = 0; i < 12; i++) {
        let mutated = text;
        for (let change = random(4); change >= 0; change--) {
          const place = random(mutated.length + 1);
          mutated = mutated.slice(0, place) + (pieces[random(pieces.length)] ?? '') + mutated.slice(place + random(3));
        }
        try {
          check(mutated, dialect);
        } catch (error) {
          throw new Error(`in ${JSON.stringify(mutated)}`, { cause: error });
        }
      }
    }
    for (const text of [
      '',
      ' ',
      '\n',
      '\ufeff',
      '\0',
      'tf',
      '`',
      '${',
      '/*',
      '//',
      '<',
      '<!--',
      '#!',
      '\ud83d',
      '\\u{',
    ])
      check(text, 'ts');
  }).timeout(60_000);
});

/** Asserts that all nodes lie inside the text, and that names that are in it stand where they say. */
function inRange(node: Statement | PyExpression, length: number): void {
  const open: unknown[] = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if ('start' in next && 'end' in next) {
      const { start, end } = next as { start: number; end: number };
      assert(start >= 0 && start <= end && end <= length, `${JSON.stringify({ start, end })} of ${String(length)}`);
    }
    for (const part of Object.values(next)) open.push(part);
  }
}
