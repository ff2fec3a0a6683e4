import { finds, spares } from './marked';

/** What was missed, or reported wrongly, in code as repositories have it: each cause with what is near to it. */

describe('real code', () => {
  describe('a ReLU of a probability is that probability', () => {
    finds('log-of-softmax', {
      'an activation that is applied to a softmax': `
import tensorflow as tf
def add_layer(inputs, weights, activation=None):
    outputs = tf.nn.softmax(tf.matmul(inputs, weights))
    return outputs if activation is None else activation(outputs)
prediction = add_layer(x, w, activation=tf.nn.relu)
loss = -tf.reduce_sum(y * «tf.log(prediction)»)
`,
    });
    finds('log-of-sigmoid', {
      'a limit of 0': 'import torch\nloss = «torch.log(torch.sigmoid(x).clamp(min=0))»\n',
      'of its complement': 'import torch\np = torch.sigmoid(x)\nloss = «torch.log(1 - torch.relu(p))»\n',
    });
    spares({
      'a limit above 0': 'import torch\nloss = torch.log(torch.sigmoid(x).clamp(min=1e-6))\n',
      'a ReLU before the softmax': 'import torch\nloss = torch.log_softmax(torch.relu(x), -1)\n',
    });
  });

  describe('a softmax whose exponents are limited from above alone', () => {
    finds('softmax-by-hand', {
      'a limit beside which the sum does not overflow': `
import tensorflow as tf
def unsafe_softmax(logits):
    logits = tf.clip_by_value(logits, tf.reduce_min(logits), 80)
    total = tf.reduce_sum(tf.exp(logits), axis=1, keepdims=True)
    return «tf.exp(logits) / total»
`,
      'a minimum': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores, max=50))
    return «e / e.sum(-1, keepdim=True)»
`,
    });
    spares({
      'limited on both sides': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores, -50, 50))
    return e / e.sum(-1, keepdim=True)
`,
      'an epsilon in the sum': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores, max=50))
    return e / (e.sum(-1, keepdim=True) + 1e-12)
`,
      'the greatest subtracted': `
import torch
def weights(scores):
    e = torch.exp(torch.clamp(scores - scores.max(), max=50))
    return e / e.sum(-1, keepdim=True)
`,
    });
  });
});
