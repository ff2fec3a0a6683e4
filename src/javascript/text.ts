import type { Name, Range } from '../python/syntax';
import { isTensorFlow, mathematics, reservedPaths, tensorflow } from './libraries';
import { Names, type Binding } from './names';
import { childNamed, definitionsIn, isExpression, isNameless, isPattern, stringOf, type Raw } from './tree';

const blockKeywords: ReadonlySet<string> = new Set(['const', 'let', 'using']);

/** Whether a declaration's names are those of its block. */
export const isOfBlock = (node: Raw): boolean => node.children.some((child) => blockKeywords.has(child.name));

export const declarationNames: ReadonlySet<string> = new Set([
  'ClassDeclaration',
  'EnumDeclaration',
  'FunctionDeclaration',
  'NamespaceDeclaration',
  'VariableDeclaration',
]);

/** What a text calls things. */
export class TextReader {
  protected readonly text: string;
  protected readonly names = new Names();
  /** Names that stand for libraries though nothing in the text says so. */
  protected readonly globals = new Map<string, string>();
  /** Names of the syntax tree that the text has given to libraries and their parts. */
  protected readonly libraries = new Set<string>();

  constructor(text: string) {
    this.text = text;
  }

  protected textOf(node: Range): string {
    return this.text.slice(node.start, node.end);
  }

  /** The name that a node is; undefined if tokens were skipped inside it. */
  protected nameOf(node: Raw | undefined): string | undefined {
    if (!node || node.children.length > 0 || node.end === node.start) return undefined;
    return this.textOf(node);
  }

  protected namesIn(pattern: Raw): string[] {
    return definitionsIn(pattern).flatMap((definition) => this.nameOf(definition) ?? []);
  }

  /** Names that statements declare for each other. */
  protected declaredBy(nodes: readonly Raw[], byFunction: boolean): string[] {
    return nodes.flatMap((node): string[] => {
      switch (node.name) {
        case 'ExportDeclaration':
          return this.declaredBy(
            node.children.filter((child) => declarationNames.has(child.name)),
            byFunction,
          );
        case 'VariableDeclaration':
          return byFunction || isOfBlock(node)
            ? node.children.filter(isPattern).flatMap((pattern) => this.namesIn(pattern))
            : [];
        case 'ClassDeclaration':
        case 'FunctionDeclaration':
        case 'NamespaceDeclaration':
          if (isNameless(node)) return [];
          return [this.nameOf(childNamed(node, 'VariableDefinition')) ?? []].flat();
        case 'EnumDeclaration':
          return [this.nameOf(childNamed(node, 'TypeDefinition')) ?? []].flat();
        case 'ImportDeclaration':
          return [node, ...node.children.filter((child) => child.name === 'ImportGroup')]
            .flatMap((each) => each.children.filter((child) => child.name === 'VariableDefinition'))
            .flatMap((definition) => this.nameOf(definition) ?? []);
        default:
          return [];
      }
    });
  }

  /** A name in the syntax tree. */
  protected resolve(name: string): string {
    const binding = this.names.find(name);
    if (binding) return binding.name;
    // A script tag has brought these, or the language.
    if (name === 'tf') this.globals.set(name, tensorflow);
    else if (name === 'Math') this.globals.set(name, mathematics);
    return name;
  }

  /** A name that no program has. */
  protected reserved(name: string, at: Range): Name {
    const path = Object.hasOwn(reservedPaths, name) ? reservedPaths[name] : undefined;
    if (path !== undefined) this.globals.set(name, path);
    return { kind: 'name', start: at.start, end: at.end, name };
  }

  /** Whether an expression is a library or a part of one. */
  protected isLibrary(expression: Raw | undefined): boolean {
    let node = expression;
    while (node) {
      const first: Raw | undefined = node.children.find(isExpression);
      switch (node.name) {
        case 'VariableName': {
          const name = this.textOf(node);
          const binding = this.names.find(name);
          return binding ? binding.library : name === 'tf' || name === 'Math';
        }
        case 'CallExpression':
        case 'DynamicImport': {
          const module = this.moduleOf(node);
          return module !== undefined && isTensorFlow(module);
        }
        case 'MemberExpression':
        case 'AwaitExpression':
        case 'ParenthesizedExpression':
          node = first;
          break;
        default:
          return false;
      }
    }
    return false;
  }

  protected isNowLibrary(binding: Binding | undefined): void {
    if (!binding) return;
    binding.library = true;
    this.libraries.add(binding.name);
  }

  /** Whether the parts of a value have names: of a library, of what one of its functions gives, or of `this`. */
  protected hasAttributes(node: Raw): boolean {
    const [callee] = node.children;
    return node.name === 'this' || this.isLibrary(node) || (node.name === 'CallExpression' && this.isLibrary(callee));
  }

  /** The module that `require('...')` or `import('...')` gives. */
  protected moduleOf(node: Raw): string | undefined {
    const argument = node.name === 'DynamicImport' ? node : childNamed(node, 'ArgList');
    const module = argument && childNamed(argument, 'String');
    if (!module) return undefined;
    const callee = node.children[0];
    const asks =
      node.name === 'DynamicImport' || (callee?.name === 'VariableName' && this.textOf(callee) === 'require');
    return asks ? stringOf(this.textOf(module)) : undefined;
  }

  protected nameNode(definition: Raw): Name | undefined {
    const name = this.nameOf(definition);
    const { start, end } = definition;
    return name === undefined ? undefined : { kind: 'name', start, end, name: this.resolve(name) };
  }
}
