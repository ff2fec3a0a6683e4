/** A command line that can't be carried out: exit status 2, the message on standard error. */
export class UsageError extends Error {}

export const usage = `Usage:
  lossfloor measure <loss id | file.loss.json>... [--at z1,z2,...] [--target 0|1|both|mean|...]
                    [--dtype float32,bfloat16,...] [--constant name=value]... [--backend name] [--json]
                    [--samples logits.npy|.npz|.csv]
      Measures floors, caps, dead zones and first failures; with --at also loss and gradient at those logits. With
      --samples at how many of your own logits the gradient is exactly 0, the loss NaN, and so on: a .npy array of logits,
      a .npz archive of the arrays logits and targets, or a CSV file of one column, logits, or two, logits and targets
      (with a line of names as many as you like). At most 20,000,000 samples; nothing that is pickled is ever read.
  lossfloor scan <file or folder>... [--format text|json|sarif] [--fix | --diff]
                 [--select rule,...] [--ignore rule,...] [--severity warning|information|hint] [--no-ignore]
                 [--jobs n]
  lossfloor scan --stdin-filename <name> < code
      Finds unstable loss code in Python, notebooks, and JavaScript and TypeScript that use TensorFlow.js. Findings of
      less than --severity (information) are left out. In folders, what git ignores is left out unless --no-ignore
      is given. --fix applies fixes in place; --diff prints what it would change. Many files are shared by as many threads
      as there are processors, 8 at most, or --jobs at most.
  lossfloor train [--task encoder|xor|parity|reading | --csv <file> [--targets n]] [--bits n] [--variant id]...
                  [--radius r1,r2,...] [--seeds n] [--epochs n] [--hidden n] [--activation sigmoid|tanh] [--rate x]
                  [--momentum x] [--update batch|online] [--weights range] [--dtype float32] [--json]
      Trains a network of one hidden layer with every variant of the zero error radius and every radius, from seeds 1 to n
      (the start weights of a seed are the same for all): what was learnt, and the share of output units whose gradient is
      exactly 0 although they are off. A CSV has a pattern a line; columns named in... are inputs, those named out... or
      target... are targets, or the last n columns are with --targets.
  lossfloor losses [--json]
      Lists the catalogue.
  lossfloor backends [--json]
      Opens what can compute losses here, and says what it is, or why it can't be used and what would help.
  Of measure and backends: --python <interpreter> [--framework torch|tensorflow|keras|jax|numpy] [--device cuda|mps|cpu],
      --cuda-path <folder>, --webgpu-path <folder> (whose node_modules have the packages), --allow-software-adapter
  lossfloor --version | --help

Exit status: 0 nothing found, 1 findings, 2 bad usage or unreadable input.
`;

/** The text of a file without the byte order mark that some editors begin it with. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
