/** Configurations with every control in every state, from a seed. */
import {
  backendChoices,
  checkTarget,
  comparedBackends,
  labelOf,
  limits,
  plotChoices,
  radiusAxes,
  usualPlan,
  zeroErrorRadiusVariants,
  type ChosenEntry,
  type LossConfig,
  type TrainingChoice,
} from '../../src/config';
import { LossError, losses, type LossEntry } from '../../src/losses';
import type { Target } from '../../src/measure';
import { formatNames } from '../../src/numeric';
import { activations, parityBits, taskIds, trainingLimits, updates, type TrainingPlan } from '../../src/training';

/** Numbers from a seed (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** From 0 to 1. */
  share(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.share() * count);
  }

  chance(share: number): boolean {
    return this.share() < share;
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Some of them, at least so many, in any order. */
  some<T>(items: readonly T[], least = 0): T[] {
    const left = [...items];
    const count = least + this.below(items.length - least + 1);
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0] as T);
  }

  /** Of any size, also negative, -0 and subnormal. */
  number(): number {
    const usual = [0, -0, 1, -20, 40, 0.1, 1e-7, 5e-324, -2.5e-310, 1e21, 123456789, 1 / 3];
    return this.chance(0.4) ? this.one(usual) : (this.share() - 0.5) * 10 ** (this.below(30) - 15);
  }
}

export function randomConfig(random: Random, name: string): LossConfig {
  const chosen = Array.from({ length: 1 + random.below(5) }, (_, i) => randomLoss(random, String(i)));
  const formats = random.chance(0.3) ? (['float32'] as const) : random.some(formatNames, 1);
  const targets = randomTargets(random).filter((target) =>
    takes(
      chosen.map(({ entry }) => entry),
      target,
    ),
  );
  const compare = random.chance(0.5) ? [] : random.some(comparedBackends);
  const from = random.number();
  const view = random.chance(0.5) ? null : { from, to: above(from, random) };
  const variants = random.some(zeroErrorRadiusVariants(), 1);
  const radiusTargets = [...new Set([0, 1, 0.5, random.share()].filter(() => random.chance(0.6)))].filter((target) =>
    takes(variants, target),
  );
  const usedTargets: readonly Target[] = targets.length > 0 ? targets : [1];
  const usedRadiusTargets = radiusTargets.length > 0 ? radiusTargets : [0];
  const hidden: LossConfig['hidden'][number][] = Array.from({ length: random.below(3) }, () => ({
    loss: random.below(chosen.length),
    format: random.one(formats),
    target: random.one(usedTargets),
    ...(compare.length > 0 && random.chance(0.5) ? { backend: random.one(compare) } : {}),
  }));
  return {
    title: random.chance(0.5) ? name : random.one(['Ein Titel “mit” Zeichen\n\\ 损失', 'a', ' ']),
    losses: chosen,
    formats,
    targets: usedTargets,
    sweep: random.chance(0.3)
      ? { from: -20, to: 40, points: random.one([601, 2, 20_000]) }
      : { from, to: above(from, random), points: limits.points.minimum + random.below(2000) },
    view,
    zeroErrorRadius: {
      variants,
      radius: random.one([0.1, 0, 0.5, random.share() / 2]),
      format: random.one(formatNames),
      targets: usedRadiusTargets,
      plottedAgainst: random.chance(0.5) ? radiusAxes : random.some(radiusAxes, 1),
      hidden: random.chance(0.5)
        ? []
        : [{ variant: random.one(variants).id, target: random.one(usedRadiusTargets) }, { exact: random.one([0, 1]) }],
    },
    plots: {
      axis: random.one(plotChoices.axis),
      error: random.one(plotChoices.error),
      targets: random.one(plotChoices.targets),
    },
    training: random.chance(0.3) ? null : randomTraining(random),
    backend: random.one(backendChoices),
    compare,
    hidden: random.chance(0.3) ? [...hidden, { exact: random.below(3) }] : hidden,
  };
}

function randomTraining(random: Random): TrainingChoice {
  const task = random.one(taskIds);
  const bits = random.chance(0.5) ? 4 : parityBits.minimum + random.below(parityBits.maximum - parityBits.minimum + 1);
  const within = (name: keyof typeof trainingLimits): number => {
    const [least, most] = trainingLimits[name];
    return random.one([least, most, least + (most - least) * random.share()]);
  };
  const some = random.some(zeroErrorRadiusVariants(), 1).map(({ id }) => id);
  const changed: TrainingPlan = {
    variants: some,
    radii: [...new Set([within('radius'), within('radius')])],
    seeds: Math.round(within('seeds')),
    epochs: Math.round(within('epochs')),
    hidden: Math.round(within('hidden')),
    activation: random.one(activations),
    rate: within('rate'),
    momentum: within('momentum'),
    update: random.one(updates),
    weightRange: within('weightRange'),
    format: random.one(formatNames),
  };
  // Of another task's usual numbers too, which go without saying there and not here.
  const usual = usualPlan(random.chance(0.5) ? task : random.one(taskIds), bits);
  const names = Object.keys(usual) as (keyof TrainingPlan)[];
  const plan = Object.fromEntries(
    names.map((name) => [name, random.chance(0.6) ? usual[name] : changed[name]]),
  ) as unknown as TrainingPlan;
  const file = random.one([null, 'patterns.csv', '../data/an “own” file.csv', '/home/me/p.csv', 'file:///c%3A/p.csv']);
  const targetColumns = random.chance(0.5) ? null : 1 + random.below(5);
  const hidden = plan.variants
    .filter(() => random.chance(0.2))
    .map((variant) => ({ variant, radius: plan.radii[0] ?? 0 }));
  return { task, bits, file, targetColumns, plan, hidden };
}

function above(from: number, random: Random): number {
  const to = from + Math.abs(random.number());
  return to > from ? to : from + Math.max(1, Math.abs(from));
}

function randomLoss(random: Random, key: string): ChosenEntry {
  const entry = random.one(losses);
  const constants = Object.fromEntries(
    entry.constants.flatMap((constant) => {
      const { minimum = -10, maximum = 10, exclusiveMinimum, integer } = constant;
      const low = exclusiveMinimum ?? minimum;
      const value = low + (maximum - low) * (1 - random.share());
      return random.chance(0.5) ? [[constant.name, integer ? Math.ceil(value) : value]] : [];
    }),
  );
  entry.build(constants);
  const label = random.chance(0.7) ? labelOf(entry, constants) : random.one(['mine', 'a "b"', '']);
  return { key, entry, label, constants };
}

function randomTargets(random: Random): Target[] {
  return random.some<Target>([0, 1, 'mean', 0.5, random.share()], 1);
}

function takes(entries: readonly LossEntry[], target: Target): boolean {
  try {
    for (const entry of entries) checkTarget(entry, target);
    return true;
  } catch (error) {
    if (error instanceof LossError) return false;
    throw error;
  }
}
