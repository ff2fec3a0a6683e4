import type { PyExpression, Statement } from '../../src/python/syntax';

/** A statement as text, its structure in brackets. */
export function show(statement: Statement): string {
  switch (statement.kind) {
    case 'assign':
      return `${statement.targets.map(expression).join(' = ')} = ${expression(statement.value)}`;
    case 'update':
      return `${expression(statement.target)} ${statement.operator}= ${expression(statement.value)}`;
    case 'return':
      return `return ${statement.value ? expression(statement.value) : ''}`;
    case 'leave':
      return statement.how;
    case 'if': {
      const branches = statement.branches.map(({ test, body }) => `${expression(test)} {${body.map(show).join('; ')}}`);
      return `if ${branches.join(' elif ')}${statement.otherwise ? ` else {${statement.otherwise.map(show).join('; ')}}` : ''}`;
    }
    case 'loop': {
      const head = [statement.targets.map(expression).join(), statement.source.map(expression).join()].filter(Boolean);
      return `loop ${head.join(' in ')} {${statement.body.map(show).join('; ')}} {${statement.otherwise.map(show).join('; ')}}`;
    }
    case 'with': {
      const items = statement.items.map(
        ({ value, target }) => expression(value) + (target ? ` as ${expression(target)}` : ''),
      );
      return `with ${items.join()} {${statement.body.map(show).join('; ')}}`;
    }
    case 'try': {
      const handlers = statement.handlers.map(
        ({ name, body }) => `except ${name ?? ''} {${body.map(show).join('; ')}}`,
      );
      return [
        `try {${statement.body.map(show).join('; ')}}`,
        ...handlers,
        `else {${statement.otherwise.map(show).join('; ')}}`,
        `finally {${statement.last.map(show).join('; ')}}`,
      ].join(' ');
    }
    case 'match':
      return `match ${statement.cases.map(({ names, body }) => `case ${names.join()} {${body.map(show).join('; ')}}`).join(' ')}`;
    case 'function': {
      const parameters = statement.parameters.map(
        ({ stars, name, default: value }) => stars + name + (value ? `=${expression(value)}` : ''),
      );
      const decorators = statement.decorators.map((decorator) => `@${expression(decorator)} `).join('');
      return `${decorators}def ${statement.name}(${parameters.join(', ')}) {${statement.body.map(show).join('; ')}}`;
    }
    case 'class':
      return `class ${statement.name}(${statement.bases.map(expression).join()}) {${statement.body.map(show).join('; ')}}`;
    case 'import':
      return `import ${[...statement.names.map(({ name, path }) => `${name}:${path ?? '?'}`), ...statement.everythingOf.map((module) => `*:${module}`)].join()}`;
    case 'scope':
      return `scope ${statement.names.join()}`;
    case 'delete':
      return `del ${statement.targets.map(expression).join()}`;
    case 'evaluate':
      return `eval ${statement.parts.map(expression).join()}`;
  }
}

function expression(node: PyExpression): string {
  switch (node.kind) {
    case 'name':
      return node.name;
    case 'attribute':
      return `${expression(node.value)}.${node.name}`;
    case 'call':
      return `${expression(node.callee)}(${node.arguments.map(({ name, stars, value }) => (name === undefined ? '' : `${name}=`) + stars + expression(value)).join(', ')})`;
    case 'subscript':
      return `${expression(node.value)}[${node.sliced ? ':' : ''}${node.index.map(expression).join()}]`;
    case 'number':
      return String(node.value);
    case 'string':
      return JSON.stringify(node.value);
    case 'singleton':
      return String(node.value);
    case 'unary':
      return `(${node.operator} ${expression(node.operand)})`;
    case 'binary':
      return `(${expression(node.left)} ${node.operator} ${expression(node.right)})`;
    case 'conditional':
      return `(${expression(node.test)} ? ${expression(node.whenTrue)} : ${expression(node.whenFalse)})`;
    case 'lambda':
      return `lambda(${node.parameters.map(({ stars, name }) => stars + name).join()}: ${expression(node.body)})`;
    case 'sequence':
      return `[${node.items.map(expression).join()}]`;
    case 'dictionary':
      return `{${node.entries.map(({ key, value }) => `${key ? expression(key) : '**'}:${expression(value)}`).join()}}`;
    case 'comprehension':
      return `each(${node.elements.map(expression).join()} ${node.loops.map(({ targets, iterable }) => `for ${targets.map(expression).join()} in ${expression(iterable)}`).join(' ')}${node.conditions.map((condition) => ` if ${expression(condition)}`).join('')})`;
    case 'walrus':
      return `(${expression(node.target)} := ${expression(node.value)})`;
    case 'starred':
      return `*${expression(node.value)}`;
    case 'other':
      return `?(${node.parts.map(expression).join()})`;
  }
}
