import { Trainer } from '../training';
import type { FromWorker, TrainRequest } from '../protocol';
import type { Evaluator, Pacer } from './evaluator';

/** How often the host hears how far the networks have come, in milliseconds. */
const tellEvery = 150;

/** Epochs that each network trains before the next has its turn, so that all grow side by side. */
const epochsInTurn = 10;

/** Trains the networks in turns, and tells every now and then how far each has come. */
export async function handleTrain(
  request: TrainRequest,
  { identity }: Pick<Evaluator, 'identity'>,
  pacer: Pacer,
  send: (message: FromWorker) => void,
): Promise<void> {
  if (identity.backend !== 'model') throw new Error('Networks are trained by the backend "model" alone.');
  const runs = request.tasks.map((task) => ({ key: task.key, trainer: new Trainer(task), told: -1 }));
  const tell = (): void => {
    for (const run of runs) {
      const { key, trainer } = run;
      if (run.told === trainer.epoch) continue;
      run.told = trainer.epoch;
      send({
        type: 'trained',
        id: request.id,
        key,
        records: trainer.take(),
        state: trainer.state,
        done: trainer.isDone,
      });
    }
  };
  let told = performance.now();
  while (runs.some(({ trainer }) => !trainer.isDone)) {
    for (const { trainer } of runs) {
      for (let i = 0; i < epochsInTurn && !trainer.isDone; i++) {
        await pacer.breathe();
        trainer.step();
      }
    }
    if (performance.now() - told < tellEvery) continue;
    tell();
    told = performance.now();
  }
  tell();
}
