import assert from 'node:assert/strict';
import { inOrder, print, variable } from '../../src/expression';
import { analysePython } from '../../src/python';
import { parsePython, PythonParser } from '../../src/python/parse';
import type { PyExpression } from '../../src/python/syntax';
import { show } from './written';

const parsed = (text: string): string => parsePython(text).map(show).join('\n');

/** Statements that one way of reading them might take for something else than the other. */
const constructs = [
  'not (a) and (b) or not c\n(not a and b) and c\nnot a and not b and not lambda: a\nnot a if not b and c else not d or e\n',
  'not a and b\nx = not a == b or c\na and not b or c\nnot not a in b\na == not b\na not in b is not c < d',
  '-x ** 2\n2 ** -x ** 2 * 3\nx = await f(x) ** 2 + y\n~a.b(c)[d]\na if b else c if d else lambda: e',
  'a | b ^ c & d << e + f * g\na - b - c\na ** b ** c\n(a), b = c\n(a, b), *c = *d, e\na, = b,\nx = ((a))',
  'x: int\nx: int = 3\na = b = yield c, d\nx = (yield a)\nx += yield\nx += 1, 2\na, b += 1\n*a, b',
  'if a:\n  b\n  # c\n\n# d\nelif e: f; g;\nelse:\n\tif h:\n\t  i # j\n\n\tk\nl',
  'class A(B, metaclass=C, *D):\n  "d"\n  x = 1\n\n  @e.f(g)\n  async def h(self, a: int = 1, *, b, **c) -> d: pass\n\n\ni',
  'for a, in b: c\nfor *a, b in c, d:\n  e\nelse:\n  f\nwhile (a := b):\n  break\nasync for a in b:\n  continue',
  'try:\n  a\nexcept (b, c) as d:\n  raise e from f\nexcept:\n  raise\nelse:\n  g\nfinally:\n  h',
  'with a as b, c():\n  d\nwith (a as b, c as d):\n  e\nwith a as b.c:\n  d\nwith (a, b):\n  c',
  'from . import (a as b, c,)\nfrom ...d.e import *\nimport f.g as h, i.j\nfrom .k import l as m\nfrom .. import n',
  'f(a, *b, c=1, **d,)\nf(a for a in b if c if d)\nf(a for a, b in c)\nf(a for a, in c)\nf(a=b for b in c)\nf(a := 1)\nf(,)',
  '[a for a, b in c for d in e]\n{a: b for a in c}\n{a for a in b}\n{**a, b: c, **d}\n{*a, b}\n{}\n()\n(*a,)\n(*a)\n[*a]',
  'x[a:b, ::2, (c)]\nx[:]\nx[a,]\nx[]\nx[a:=b]\nx[*a]\nx[a b]\nx[...]\na[b][c].d.if_.if',
  'f"a{x!r:>{w}}b{{c}}{y=}{z = !s}" "d" f\'{a["b"]}\'\nf"{a:%Y}{b, c}{*d}{e!=f}"\nrf"\\{a}"\nf"\\{a}"\nf"\\N{DASH}{a}"\nf"{a:=5}"\nf"{a"',
  'u"a" Rb"b\\"" \'\'\'c\'d\'\'\' "" \'e\\\nf\' ur"g"\n"h\n"""i\n"""\n\'\\N{A\'',
  '1. + 1.e5 - .5 ** 0x1F + 1_000j - 1.real + 1if a else 2 + 1..b + 0b1_0 + 08',
  'print "a"\nprint(a)\nprint .a\nprint >>a, b\nexec "a"\nprint\nraise a, b\nexcept a, b: c\na <> b\n`a`',
  'match = a\nmatch(a)\nmatch a:\n  case b: c\n  case D(e, f=g) | [h, *i]:\n    j\ntype(a)\ntype A = b\ntype = c\ncase = d',
  'lambda: a\nlambda *a, k=1, **b: c\nlambda a, *, b: c\nlambda a,: b\n[a for a in b if lambda: c]\nlambda a: (yield)',
  'global a, b\nnonlocal c\ndel a, (b), c[0],\ndel\nassert a, "b"\nreturn\nreturn a, *b\nreturn *a\nreturn (a), b',
  'def f(a, /, b, *c: d, **e) -> f[g]:\n    """h"""\n    return a\n  # i\n    j\ndef f[T](a): b\ndef (a): b\ndef f(a=1, b): c',
  'x = a + \\\n  b\nif a:\n\\\n  b\nx = (a +\n# c\n  b)\r\ny = 1\r\nif z:\r\n  a\r\n\r\nb',
  'x = "a" \\\n"b" \\\n\n# c\ny = a \\\n  # d\nz = b \\\n\n',
  'if a:\n    b\n  c\nd',
  'if a:\nb',
  ' a\nb',
  'if a:\n  b\n   ',
  'if a:\n  b\n  # c',
  'if a:\n  b # c',
  'a; b;; c\n;d\nif a: if b: c\n@a\nb\n@a.b[c]\ndef d(): e\n\x0cdef f(): g\né = a\nx = "é" # é',
  'def f(\n\ndef g(a):\n  b\nx = [a, b\ny = c',
  `x = ${'('.repeat(90)}a${')'.repeat(90)}\ny = ${'a + '.repeat(500)}a\nz = ${'not '.repeat(200)}a\nw = ${'-'.repeat(200)}a`,
  `x = [${'a, '.repeat(1000)}]\ny = a${'.b'.repeat(450)}\nz = a${'[0]'.repeat(150)}`,
  Array.from({ length: 110 }, (_, depth) => `${' '.repeat(depth)}if a:\n`).join('') + `${' '.repeat(110)}b`,
];

describe('a generator as the only argument', () => {
  it('may have several targets, with a comma between them', () => {
    assert.equal(parsed('f(g(a) for a, b in c)'), parsed('f((g(a) for a, b in c))'));
    assert.equal(parsed('f(a for a, in c if a)'), parsed('f((a for a, in c if a))'));
    assert.equal(parsed('f(a for (a, b), c in d for e, g in b)'), parsed('f((a for (a, b), c in d for e, g in b))'));
    assert.notEqual(parsed('f(a for a in b, c)'), parsed('f((a for a in b))'));
  });
});

describe('what is ordinary', () => {
  for (const text of constructs) {
    it(`is read as the grammar has it: ${JSON.stringify(text.slice(0, 60))}`, () => {
      for (const each of [text, ...text.split('\n'), `def f():\n  ${text.replaceAll('\n', '\n  ')}`]) {
        for (const line of [each, `${each}\n`, `a = 1\n${each}\n\nb = 2\n`]) {
          assert.deepEqual(parsePython(line), new PythonParser(false).parse(line), line);
        }
      }
    });
  }
});

describe('parsePython', () => {
  const cases: Readonly<Record<string, readonly [text: string, shown: string]>> = {
    assignments: [
      'a = b = c\nx: int = 3\ny: int\na, *b = c,\nx **= 2\n(a), [b, c] = d',
      'a = b = c\nx = 3\neval y\n[a,*b] = [c]\nx **= 2\n[a,[b,c]] = d',
    ],
    operators: [
      '-a ** 2 + b * c @ d // e, a or b in c and d is not e',
      'eval ((- (a ** 2)) + (((b * c) @ d) // e)),(a or ((b in c) and (d is not e)))',
    ],
    'operators of logic': [
      'not a and b, not (a and b), a and not b or c, not not a or b == c and not d in e, a or not (b) and not c',
      'eval ((not a) and b),(not (a and b)),((a and (not b)) or c),((not (not a)) or ((b == c) and (not (d in e)))),(a or ((not b) and (not c)))',
    ],
    calls: [
      'f(a, *b, c=1, **d)(e for e in f)\ng(h := 3)',
      'eval f(a, *b, c=1, **d)(each(e for e in f))\neval g((h := 3))',
    ],
    subscripts: ['a[1], a[1:2, ..., None], a[:, i]', 'eval a[1],a[:1,2,?(),null],a[:i]'],
    literals: [
      "1e-7, 1_000, 0x1F, .5, 'a', \"b\", '''c''', rb'd', 'e' 'f', f'{g}{h!r:>{w}}', True",
      'eval 1e-7,1000,31,0.5,"a","b","c","d",?("e","f"),?(g,h,w),true',
    ],
    'numbers that end in a dot': [
      '1. - p, 10.e-5 * 2., 1.5, a1.b, x[0].y, 1. if c else 2.',
      'eval (1 - p),(0.0001 * 2),1.5,a1.b,x[0].y,(c ? 1 : 2)',
    ],
    containers: [
      "[], (), {}, {1}, {'a': 1, **b}, [x for x in y if z], {k: v for k, v in w}, (yield x)",
      'eval [],[],{},[1],{"a":1,**:b},each(x for x in y if z),each(k,v for k,v in w),?(x)',
    ],
    'lambda, conditional and await': [
      'lambda a, *b, c=1: a if b else c\nawait f(x)',
      'eval lambda(a,*b,c: (b ? a : c))\neval f(x)',
    ],
    functions: [
      '@a.b(c)\n@d\nasync def f(a, b: int = 1, *c, d=2, **e) -> int:\n  return a\n  yield',
      '@a.b(c) @d def f(a, b=1, *c, d=2, **e) {return a; eval }',
    ],
    classes: [
      'class A(b.C, metaclass=D): x = 1; y = 2\nclass E: pass',
      'class A(b.C) {x = 1; y = 2}\nclass E() {eval }',
    ],
    branches: [
      'if a: b\nelif c:\n  d\nelse: e\nwhile f: break\nelse: g\nfor h, i in j: continue',
      'if a {eval b} elif c {eval d} else {eval e}\nloop f {break} {eval g}\nloop h,i in j {continue} {}',
    ],
    'with and try': [
      'with a as b, c(): d\ntry: e\nexcept (F, G) as h: i\nexcept: raise\nelse: j\nfinally: k',
      'with a as b,c() {eval d}\ntry {eval e} except h {eval i} except  {raise} else {eval j} finally {eval k}',
    ],
    match: ['match a:\n  case [b, C(d=e)]: f\n  case _: g', 'match case b,e {eval f} case _ {eval g}'],
    imports: [
      'import a.b.c, d as e, f.g as h\nfrom a.b import (c as d, e,)\nfrom . import i\nfrom ..j import k as l\nfrom m.n import *',
      'import a:a,e:d,h:f.g\nimport d:a.b.c,e:a.b.e\nimport i:.i\nimport l:..j.k\nimport *:m.n',
    ],
    'scopes and deletions': ['global a, b\nnonlocal c\ndel a, b[1]', 'scope a,b\nscope c\ndel a,b[1]'],
    'Python 2': [
      'print "a", x\nprint >>f, y\nexec "z"\ntry:\n  pass\nexcept E, e:\n  pass',
      'eval "a"\neval x\neval f\neval y\neval exec\neval "z"\ntry {eval } except e {eval } else {} finally {}',
    ],
    'a missing bracket': ['x = f(a, g(b)', 'x = f(a, g(b))'],
    'skipped tokens, whose expression is given up': ['x = f(a b)\ny = a +\nz = 1', 'x = f(?(a))\ny = ?(a)\nz = 1'],
  };
  for (const [name, [text, shown]] of Object.entries(cases)) {
    it(name, () => {
      assert.equal(parsed(text), shown);
    });
  }

  it('reads each part of broken code once, and as the grammar does', () => {
    const start = process.cpuUsage();
    parsePython(`e = (1.0 - p).l${' (q @ k).'.repeat(40)}og()\n`);
    const { user, system } = process.cpuUsage(start);
    assert((user + system) / 1e6 < 1, 'twice on each level');
    for (const text of [
      'import torch\n#\ud800{from keras import backend as K\nK.log(x)\n',
      'def f(x):\n  for ,in x:\n    y\n',
      'for in x:\n  y\n',
    ]) {
      assert.deepEqual(parsePython(text), new PythonParser(false).parse(text), text);
    }
  });

  it('gives the offsets of the text, whatever its line ends and letters', () => {
    for (const text of [
      'a = 1\r\nbé = "𝜎" + ccc\r\n',
      '\ta = 1\n\tb\u00a0= ccc',
      '\ufeffa = ccc',
      'a = "\ud800"; b = ccc',
    ]) {
      const found: string[] = [];
      const look = (node: PyExpression): void => {
        if (node.kind === 'name') found.push(text.slice(node.start, node.end));
        if (node.kind === 'binary') look(node.right);
      };
      for (const statement of parsePython(text)) if (statement.kind === 'assign') look(statement.value);
      if (found.length > 0) assert.deepEqual(found, ['ccc'], JSON.stringify(text));
    }
  });
});

describe('analysePython', () => {
  it('a class that takes the function that makes it, or that makes another, for a method', () => {
    const maker = (name: string, method: string): string =>
      `def ${name}(x):\n  class A:\n    method = ${method}\n  return torch.log(torch.sigmoid(x))\n`;
    for (const [first, second] of [
      ['f', 'g'],
      ['g', 'f'],
    ] as const) {
      const { sites } = analysePython(`import torch\n${maker('f', first)}${maker('g', second)}`);
      assert(sites.length >= 4 && sites.length < 20);
    }
  });

  /** What the last call or operation computes, opaque parts by their source text. */
  const lifted = (text: string): string => {
    const analysis = analysePython(text);
    const last = [...analysis.sites].sort((a, b) => a.range.end - b.range.end || b.range.start - a.range.start).at(-1);
    const { alternatives } = last ?? { alternatives: [] };
    return alternatives
      .map(([value]) =>
        value === undefined
          ? ''
          : print(value).replace(/v\d+/g, (name) => {
              const known = inOrder([value]).find((node) => node.kind === 'variable' && node.name === name);
              const origin = analysis.originOf(known ?? variable(name));
              return origin ? text.slice(origin.start, origin.end) : '_';
            }),
      )
      .join(' or ');
  };

  const cases: Readonly<Record<string, readonly [text: string, lifted: string]>> = {
    arithmetic: ['import torch\ny = -(torch.exp(a) * 2 - b / 3) ** 2', '−(exp(a) · 2 − b / 3)^2'],
    'functions, methods and operators alike': [
      'import torch\ny = torch.mul(torch.add(a, 1), b).sub(c).neg().exp()',
      'exp(−((a + 1) · b − c))',
    ],
    clamps: [
      'import torch\ny = torch.clamp(torch.clamp(a, 0, 1).clamp(min=2), max=3).exp()',
      'exp(min(max(clip(a, 0, 1), 2), 3))',
    ],
    'detached values': ['y = x.detach().exp()', 'exp(stop_gradient(x))'],
    'an alternative for each branch': [
      'import torch\nif c:\n  p = torch.exp(a)\nelif d:\n  p = b\nelse:\n  p = 1\ny = torch.log(p)',
      'log(exp(a)) or log(b) or log(1)',
    ],
    "branches that leave don't count": [
      'import torch\ndef f(a):\n  p = a\n  if c:\n    p = torch.exp(a)\n    return 1\n  elif d:\n    p = 2\n    raise E\n  return torch.log(p)',
      'log(a)',
    ],
    'None is nothing to compute with': [
      'import torch\np = None\nif c:\n  p = torch.exp(a)\ny = torch.log(p)',
      'log(exp(a))',
    ],
    'the last assignment': [
      'import torch\np = torch.exp(a)\np = torch.sqrt(p)\np += 1\ny = torch.log(p)',
      'log(sqrt(exp(a)) + 1)',
    ],
    'closures see the last value': [
      'import torch\np = 1\ndef f():\n  return torch.log(p)\nif c: p = a\nelse: p = b\n',
      'log(a) or log(b)',
    ],
    'unknown keywords make another function of it': [
      'import torch\ny = torch.exp(torch.nn.functional.softplus(x, steepness=2))',
      'exp(torch.nn.functional.softplus(x, steepness=2))',
    ],
    'the steepness of a softplus': [
      'import torch\ny = torch.exp(torch.nn.functional.softplus(x, beta=2))',
      'exp(softplus(2 · x) / 2)',
    ],
    'not of one with another threshold': [
      'import torch\ny = torch.exp(torch.nn.functional.softplus(x, 2, 5))',
      'exp(torch.nn.functional.softplus(x, 2, 5))',
    ],
    'an argument by whatever name': ['import tensorflow as tf\ny = tf.exp(tf.nn.sigmoid(x=a))', 'exp(sigmoid(a))'],
    'a property': [
      'import torch\nclass A:\n  @property\n  def p(self): return torch.exp(self.a)\n  def f(self): return torch.log(self.p)',
      'log(exp(self.a))',
    ],
    'a static method': [
      'import torch\nclass A:\n  @staticmethod\n  def e(x): return torch.exp(x)\n  def f(self, z): return torch.log(self.e(z))',
      'log(exp(z))',
    ],
    'default arguments': [
      'import torch\ndef f(x, n=2): return x * n\ny = torch.log(f(torch.exp(a)))',
      'log(exp(a) · 2)',
    ],
    'unknown decorators hide what a function returns': [
      'import torch\n@other\ndef f(x): return torch.exp(x)\ny = torch.log(f(a))',
      'log(f(a))',
    ],
    'known ones do not': [
      'import jax, jax.numpy as jnp\n@jax.jit\ndef f(x): return jnp.exp(x)\ny = jnp.log(f(a))',
      'log(exp(a))',
    ],
    "Python's own functions, in the framework of what they are given": [
      'import numpy as np\ny = np.log(sum(np.exp(x)))',
      'log(sum(exp(x)))',
    ],
    'the greater of two and the greatest of all': [
      'import numpy as np\ny = np.log(max(a, b) + max(c))',
      'log(max(a, b) + max(c))',
    ],
    'numbers that libraries have names for': [
      'import math, torch\ny = torch.log(x / math.pi)',
      'log(x / 3.141592653589793)',
    ],
    'elements that a comparison picks': [
      'import numpy as np\nneg = x < 0\ny = np.exp(x[~neg])',
      'exp(pick(x, not(x < 0)))',
    ],
    'each of the arguments that a star takes': [
      'import torch\ndef f(*args): return torch.log(args[0] - args[1])',
      'log(args[0] − args[1])',
    ],
    'a product written by einsum': [
      "import torch\ny = torch.exp(torch.einsum('nc,mc->nm', [a, b]))",
      'exp(matmul(a, b))',
    ],
    'a distribution function by its location and scale': [
      'import torch\nfrom torch.distributions import Normal\ny = torch.log(Normal(mu, s).cdf(x))',
      'log(normal_cdf((x − mu) / s))',
    ],
    'a standard one': [
      'import numpy as np\nfrom scipy.stats import norm\ny = np.log(norm.cdf(x))',
      'log(normal_cdf(x))',
    ],
    'stacked values are any of them': [
      'import torch\ny = torch.log(torch.stack([torch.exp(a), b], dim=1))',
      'log(exp(a)) or log(b)',
    ],
  };
  for (const [name, [text, wanted]] of Object.entries(cases)) {
    it(name, () => {
      assert.equal(lifted(text), wanted);
    });
  }

  it('spells names as the file imports them', () => {
    const { spell } = analysePython(
      'import torch.nn.functional as F, tensorflow.keras.backend as KB\nfrom torch import nn as n\nimport tensorflow',
    );
    assert.equal(spell('torch.nn.functional.logsigmoid'), 'F.logsigmoid');
    assert.equal(spell('torch.nn.BCEWithLogitsLoss'), 'n.BCEWithLogitsLoss');
    assert.equal(spell('tensorflow.math.log_sigmoid'), 'tensorflow.math.log_sigmoid');
    assert.equal(spell('keras.backend.softplus'), 'KB.softplus');
    assert.equal(spell('jax.numpy.log'), 'jnp.log');
  });
});
