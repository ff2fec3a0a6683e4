import type { Expression } from '../../expression';
import { Question } from '../../python';
import type { Hit } from '../rule';

/** What the text of a file says about the models in it, where nobody in the file calls them. */

/** Classes of which the sigmoid is no output of a model: a gate, or a part of a loss. */
const noModel =
  /loss|criterion|metric|atten|attn|gate|gating|(^|_)se(_|$|block|layer|module)|squeeze|cbam|lstm|gru|cell|swish|silu|dataset/i;
const modelName = /bernoulli|decoder|generator|discriminator/i;
const forwardMethod = /\bdef (forward|decode\w*|__call__|call)\(/;

/** What a model gives, or its last step: `return torch.sigmoid(x)`, `nn.Sigmoid())`, `out = self.sigmoid(out)`. */
const endsInSigmoid =
  /\breturn\b[^\n#]*\bsigmoid\(|\bnn\.Sigmoid\(\)\s*,?\s*[\])]|^[ \t]*(?:self\.)?(?:\w*(?:out|pred|prob|score|recon|rec|res|logit)\w*|x|y|p|h|y_?hat)\s*=[^\n#*]*\b[sS]igmoid\w*[(),]/m;

/** What is known not to be a model's output, or not to come near the ends. */
const givenName = /clamp|clip|label|target|mask|truth|(^|[._'"])gt/i;

/** Whether nothing is known of a value but what takes it, a loss of probabilities, in a file with a model that gives them. */
export function isOutputOfModel(value: Expression, { analysis }: Pick<Hit, 'analysis'>): boolean {
  const unknown = value.kind === 'operation' ? value.operands[0] : value;
  const origin = unknown?.kind === 'variable' ? analysis.originOf(unknown) : undefined;
  if (!origin) return false;
  const text = analysis.text.slice(origin.start, origin.end).replace(/\[(?!['"])[^\]]*\]/g, '');
  return !givenName.test(text) && analysis.ask(hasModelEndingInSigmoid);
}

/** Its last step in place of a sigmoid: `return F.softmax(x, 1)`, `out = self.softmax(out)`. */
const endsInSoftmax =
  /\breturn\b[^\n#]*(?<!log_?)softmax\(|\bnn\.Softmax\([^()\n]*\)\s*,?\s*[\])]|^[ \t]*(?:self\.)?(?:\w*(?:out|pred|prob)\w*|x|y|p)\s*=[^\n#*]*(?<!log_?)softmax\(/im;

/** Whether a file has a model whose forward pass ends in a softmax. */
export const hasModelEndingInSoftmax = new Question((text) => hasModelThat(endsInSoftmax, text));

/** The last layer of a model of Keras that is trained in the file. */
const kerasOutput = /\b(?:Dense|Conv\dD|Activation)\([^\n]*['"]sigmoid['"]/;

const compiles = /(?<!\b(?:re|torch))\.compile\(/;

const hasModelEndingInSigmoid = new Question(
  (text) => (kerasOutput.test(text) && compiles.test(text)) || hasModelThat(endsInSigmoid, text),
);

function hasModelThat(ends: RegExp, text: string): boolean {
  const bodies = text.split(/^class +/m).slice(1);
  return bodies.some((body) => {
    const [name = ''] = /^\w+/.exec(body) ?? [];
    if (noModel.test(name) && !/decoder/i.test(name)) return false;
    // What is at the margin again belongs to the class no more.
    const own = body.slice(0, /\n[^\s#)]/.exec(body)?.index);
    return (modelName.test(name) || forwardMethod.test(own)) && ends.test(own);
  });
}
