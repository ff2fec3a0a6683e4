import { losses } from '../losses';
import { formatNames } from '../numeric';
import { activations, parityBits, taskIds, trainingDefaults, trainingLimits, updates } from '../training';
import { backendChoices, comparedBackends, defaults, limits, plotChoices, radiusAxes } from './config';

/** A JSON Schema, draft 07: what VS Code's JSON support understands. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Texts for the editor's hovers; the ids offered are those of the catalogue. */
function lossId(family?: string): JsonSchema {
  const entries = losses.filter((entry) => family === undefined || entry.family === family);
  return {
    type: 'string',
    markdownDescription: 'A loss of the catalogue, by its id. `lossfloor losses` lists them with their formulas.',
    // Any other text is refused by Lossfloor itself, with the nearest ids, rather than with a list of all of them.
    anyOf: [
      { enum: entries.map((entry) => entry.id), markdownEnumDescriptions: entries.map(describe) },
      { type: 'string' },
    ],
  };
}

function describe(entry: (typeof losses)[number]): string {
  return `${entry.label} (${entry.versions})\n\n\`${entry.formula}\`\n\n${entry.notes}`;
}

const target = { anyOf: [{ type: 'number', minimum: 0, maximum: 1 }, { enum: ['mean'] }] };

/** The schema of `*.loss.json`: for completion, hovers and errors in the editor, and for checking files when they are read. */
export function lossConfigSchema(): JsonSchema {
  const constantNames = [...new Set(losses.flatMap((entry) => entry.constants.map((constant) => constant.name)))];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Lossfloor loss configuration',
    description: 'Which losses to measure, in which number formats and where.',
    type: 'object',
    additionalProperties: false,
    defaultSnippets: [
      {
        label: 'Compare two losses',
        body: {
          title: '$1',
          losses: ['keras/binary-crossentropy@3', 'torch/bce-with-logits@2.3'],
          formats: ['float32'],
          targets: [0, 1],
          sweep: { from: -20, to: 40, points: 601 },
        },
      },
    ],
    properties: {
      $schema: { type: 'string' },
      title: { type: 'string', description: 'Heading of the dashboards. The file name where it is left out.' },
      losses: {
        type: 'array',
        minItems: 1,
        maxItems: 24,
        description: 'Losses to compare in the precision floor dashboard.',
        // Alternatives rather than if/then: VS Code completes only the former.
        items: {
          anyOf: [
            lossId(),
            {
              type: 'object',
              additionalProperties: false,
              required: ['id'],
              properties: {
                id: lossId(),
                label: { type: 'string', description: "Name in the legend. The entry's own where it is left out." },
                constants: {
                  type: 'object',
                  description: 'Numbers that the loss takes. Those left out are as the framework sets them.',
                  additionalProperties: { type: 'number' },
                  properties: Object.fromEntries(constantNames.map((name) => [name, constantSchema(name)])),
                },
              },
            },
          ],
        },
      },
      formats: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        default: [...defaults.formats],
        description: 'Number formats to compute in.',
        items: { enum: [...formatNames] },
      },
      targets: {
        type: 'array',
        minItems: 1,
        maxItems: 8,
        uniqueItems: true,
        default: [...defaults.targets],
        markdownDescription:
          'Targets: 0 and 1, soft ones between, or `"mean"` for the mean of the losses of both targets at the same margin, which is what a framework reports for such a pair of samples.',
        items: target,
      },
      sweep: {
        type: 'object',
        additionalProperties: false,
        required: ['from', 'to'],
        markdownDescription:
          'Margins to draw. The margin is the logit for target 1 and minus the logit for target 0: positive on the right side, negative on the wrong one.',
        properties: {
          from: { type: 'number', description: 'Least margin.' },
          to: { type: 'number', description: 'Greatest margin.' },
          points: { type: 'integer', ...limits.points, default: defaults.sweep.points },
        },
      },
      view: {
        type: 'object',
        additionalProperties: false,
        required: ['from', 'to'],
        description: 'The margins that the plots are zoomed to. The whole sweep where it is left out.',
        properties: {
          from: { type: 'number', description: 'Least margin in view.' },
          to: { type: 'number', description: 'Greatest margin in view.' },
        },
      },
      plots: {
        type: 'object',
        additionalProperties: false,
        description: 'How the precision floor dashboard draws.',
        properties: {
          axis: {
            enum: [...plotChoices.axis],
            default: defaults.plots.axis,
            markdownDescription:
              'What the horizontal axis is proportional to, and where the points lie: `margin`, or `ordinal`, so that each value of the coarsest of `formats` is equally wide.',
          },
          error: {
            enum: [...plotChoices.error],
            default: defaults.plots.error,
            description: 'What the error plot shows: the error of the loss, or that of the gradient.',
          },
          targets: {
            enum: [...plotChoices.targets],
            default: defaults.plots.targets,
            markdownDescription: 'Several targets `overlaid` in one plot, or each in a plot `beside` the others.',
          },
        },
      },
      training: trainingSchema(),
      zeroErrorRadius: {
        type: 'object',
        additionalProperties: false,
        markdownDescription: 'What the zero error radius dashboard shows.',
        properties: {
          variants: {
            type: 'array',
            minItems: 1,
            uniqueItems: true,
            items: lossId('zer'),
            default: [...defaults.variants],
          },
          radius: {
            type: 'number',
            ...limits.radius,
            default: defaults.radius,
            description: 'Outputs within this distance from the target count as the target.',
          },
          format: {
            enum: [...formatNames],
            markdownDescription: 'Number format to compute in. The first of `formats` where it is left out.',
          },
          targets: {
            type: 'array',
            minItems: 1,
            maxItems: 8,
            uniqueItems: true,
            default: [...defaults.radiusTargets],
            description: 'Targets: 0 and 1, or soft ones between.',
            items: { type: 'number', minimum: 0, maximum: 1 },
          },
          plottedAgainst: {
            type: 'array',
            minItems: 1,
            uniqueItems: true,
            default: [...defaults.plottedAgainst],
            description: 'What the curves are plotted against: the output p, the logit z, or both.',
            items: { enum: [...radiusAxes] },
          },
          hidden: {
            type: 'array',
            description: 'Curves that are unchecked in the legend.',
            items: {
              type: 'object',
              additionalProperties: false,
              properties: {
                variant: { ...lossId('zer'), description: 'The variant whose curve is hidden.' },
                target: { type: 'number', minimum: 0, maximum: 1, description: 'The target of its curve.' },
                exact: {
                  type: 'number',
                  minimum: 0,
                  maximum: 1,
                  description: 'Instead of variant and target: hides exact cross-entropy of this target.',
                },
              },
            },
          },
        },
      },
      backend: {
        enum: [...backendChoices],
        default: defaults.backend,
        description: 'What computes the losses. auto takes the best that is there.',
      },
      compare: {
        type: 'array',
        uniqueItems: true,
        description: 'Backends that compute the same, to be compared with the one that is chosen.',
        items: { enum: [...comparedBackends] },
      },
      hidden: {
        type: 'array',
        description: 'Curves that are unchecked in the legend of the precision floor dashboard.',
        // One object rather than alternatives, so that what is wrong with it can be said in one sentence.
        items: {
          type: 'object',
          additionalProperties: false,
          properties: {
            loss: { type: 'integer', minimum: 0, markdownDescription: 'Place in `losses`, counted from 0.' },
            format: { enum: [...formatNames], description: 'The number format of the curve.' },
            target: { ...target, description: 'The target of the curve.' },
            backend: { enum: [...comparedBackends], markdownDescription: 'For the curve of a backend in `compare`.' },
            exact: {
              type: 'integer',
              minimum: 0,
              description: 'Instead of all the others: hides an exact curve, by its place among them, counted from 0.',
            },
          },
        },
      },
    },
  };
}

function trainingSchema(): JsonSchema {
  const number = (name: keyof typeof trainingLimits, description: string, type = 'number'): JsonSchema => {
    const [minimum, maximum] = trainingLimits[name];
    return { type, minimum, maximum, description };
  };
  const usual = { seeds: trainingDefaults.seeds, momentum: trainingDefaults.momentum };
  return {
    type: 'object',
    additionalProperties: false,
    markdownDescription:
      'What the training dashboard trains. Where it is left out, the variants of `zeroErrorRadius`, with its radius, in its format.',
    properties: {
      task: {
        enum: [...taskIds],
        default: defaults.task,
        markdownDescription: 'What is learnt. `own`: the patterns of `file`.',
      },
      bits: {
        type: 'integer',
        ...parityBits,
        default: defaults.bits,
        description: 'Bits of the parity task.',
      },
      file: {
        type: 'string',
        minLength: 1,
        markdownDescription:
          'For the task `own`: a CSV file of inputs and targets, one pattern a line; its path from the folder of this file, with `/`.',
      },
      targetColumns: {
        type: 'integer',
        minimum: 1,
        markdownDescription:
          'How many of the last columns of `file` are targets. Where it is left out, their names say it.',
      },
      variants: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: lossId('zer'),
        default: [...trainingDefaults.variants],
      },
      radii: {
        type: 'array',
        minItems: 1,
        maxItems: 6,
        uniqueItems: true,
        default: [...trainingDefaults.radii],
        description: 'Zero error radii: each variant is trained with each of them.',
        items: number('radius', 'Outputs within this distance from the target count as the target.'),
      },
      seeds: {
        ...number(
          'seeds',
          'How many runs each variant and radius has; they are seeded with 1, 2, and so on.',
          'integer',
        ),
        default: usual.seeds,
      },
      epochs: number('epochs', 'Epochs to train. Left out: as many as the task usually takes.', 'integer'),
      hiddenUnits: number('hidden', 'Units of the hidden layer. Left out: as many as the task usually has.', 'integer'),
      activation: {
        enum: [...activations],
        default: trainingDefaults.activation,
        description: 'What hidden units compute.',
      },
      update: {
        enum: [...updates],
        default: trainingDefaults.update,
        markdownDescription: 'When weights change: after each epoch (`batch`), or after each pattern (`online`).',
      },
      rate: number('rate', 'Learning rate. Left out: that of the task.'),
      momentum: { ...number('momentum', 'Which part of the last change is made again.'), default: usual.momentum },
      weightRange: {
        ...number('weightRange', 'Weights start between minus this and this.'),
        default: trainingDefaults.weightRange,
      },
      format: {
        enum: [...formatNames],
        default: trainingDefaults.format,
        description: 'Number format that loss and gradient are computed in.',
      },
      hidden: {
        type: 'array',
        description: 'Curves that are unchecked in the legend.',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['variant', 'radius'],
          properties: {
            variant: { ...lossId('zer'), description: 'The variant whose curve is hidden.' },
            radius: number('radius', 'The radius of its curve.'),
          },
        },
      },
    },
  };
}

function constantSchema(name: string): JsonSchema {
  const uses = losses.flatMap((entry) => entry.constants.filter((constant) => constant.name === name));
  return { type: 'number', description: [...new Set(uses.map((constant) => constant.describe))].join(' ') };
}
