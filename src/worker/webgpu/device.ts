import type { Expression } from '../../expression';
import type { NumberFormat } from '../../numeric';
import type { BackendIdentity } from '../../protocol';
import { BackendError } from '../backend';
import type { Evaluator, Pacer, Prepared } from '../evaluator';
import type { Units } from './library';
import { printWgsl, workgroupSize } from './printer';

/** How a device is used. */
export interface DeviceOptions {
  readonly units: Units;
  /** The most points of one dispatch: some milliseconds' worth, since nothing stops one that runs. */
  readonly largestChunk: number;
  /** The most bytes of one buffer; what the device allows where it isn't given. */
  readonly largestBuffer?: number;
}

/** Compiled shaders that are kept: measuring comes back to the same few expressions again and again. */
const keptPipelines = 64;

/** Flags of `GPUBufferUsage` and `GPUMapMode`, which Node has no globals for. */
const usage = { mapRead: 0x1, copySource: 0x4, copyDestination: 0x8, uniform: 0x40, storage: 0x80 } as const;
const mapForReading = 0x1;

/** Runs printed expressions on one device. */
export class DeviceEvaluator implements Evaluator {
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private lost: string | undefined;

  constructor(
    readonly device: GPUDevice,
    readonly identity: BackendIdentity,
    readonly options: DeviceOptions,
  ) {
    void device.lost.then(({ reason, message }) => {
      this.lost = reason === 'destroyed' ? 'it has been closed' : message.replace(/\.$/, '') || 'no reason was given';
    });
  }

  prepare(outputs: readonly Expression[], variables: readonly string[], format: NumberFormat): Prepared {
    const code = printWgsl(outputs, variables, format, this.options.units);
    return {
      evaluate: async (inputs, pacer) => {
        if (inputs.length !== variables.length) {
          throw new RangeError(`${String(variables.length)} variables, but values for ${String(inputs.length)}`);
        }
        const count = inputs[0]?.length ?? 0;
        if (inputs.some((input) => input.length !== count)) {
          throw new RangeError(`values of ${variables.join(', ')} differ in number`);
        }
        const results = outputs.map(() => new Float64Array(count));
        if (count === 0 || outputs.length === 0) return results;
        await pacer.breathe();
        const pipeline = await this.guarded('compiling the shader', () => this.pipeline(code));
        await this.run(pipeline, inputs, results, pacer);
        return results;
      },
    };
  }

  private async run(
    pipeline: GPUComputePipeline,
    inputs: readonly Float64Array[],
    results: readonly Float64Array[],
    pacer: Pacer,
  ): Promise<void> {
    const count = (inputs[0] as Float64Array).length;
    const capacity = this.capacityFor(count, Math.max(inputs.length, results.length));
    const buffers = await this.guarded('allocating buffers', () =>
      this.scoped(() => Promise.resolve(new Buffers(this.device, pipeline, capacity, inputs.length, results.length))),
    );
    try {
      for (let start = 0; start < count; start += capacity) {
        await pacer.breathe();
        const end = Math.min(start + capacity, count);
        const part = (array: Float64Array): Float64Array => array.subarray(start, end);
        await this.guarded('computing', () =>
          this.scoped(() => buffers.compute(end - start, inputs.map(part), results.map(part))),
        );
      }
    } finally {
      buffers.destroy();
    }
  }

  /** Points of one dispatch: as many as the buffers and the number of workgroups allow, in whole workgroups. */
  private capacityFor(count: number, arrays: number): number {
    const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension } = this.device.limits;
    const bytes = Math.min(this.options.largestBuffer ?? Infinity, maxStorageBufferBindingSize, maxBufferSize);
    const groups = Math.min(
      Math.ceil(Math.min(count, this.options.largestChunk) / workgroupSize),
      Math.floor(bytes / (Float32Array.BYTES_PER_ELEMENT * arrays * workgroupSize)),
      maxComputeWorkgroupsPerDimension,
    );
    if (groups < 1) {
      throw new BackendError(
        'unsupported',
        `${String(arrays)} variables or outputs at once are more than the device's buffers of ${String(bytes)} bytes hold.`,
        'Ask for fewer at once.',
      );
    }
    return groups * workgroupSize;
  }

  private pipeline(code: string): Promise<GPUComputePipeline> {
    const known = this.pipelines.get(code);
    if (known) {
      // The least used one is the first.
      this.pipelines.delete(code);
      this.pipelines.set(code, known);
      return known;
    }
    const made = this.scoped(() => {
      const module = this.device.createShaderModule({ code });
      return this.device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
    });
    this.pipelines.set(code, made);
    const oldest = this.pipelines.keys().next();
    if (this.pipelines.size > keptPipelines && oldest.done !== true) this.pipelines.delete(oldest.value);
    made.catch(() => this.pipelines.delete(code));
    return made;
  }

  /** Errors of WebGPU are not thrown: they go to the scopes that are open. */
  private async scoped<T>(work: () => Promise<T>): Promise<T> {
    const filters = ['validation', 'internal', 'out-of-memory'] as const;
    for (const filter of filters) this.device.pushErrorScope(filter);
    // Async, so that what it throws is a rejection, and the scopes are closed.
    const outcome = (async () => work())();
    // Each scope holds what was called until here, and nothing that another request calls meanwhile.
    const scopes = filters.map(() => this.device.popErrorScope());
    const [settled] = await Promise.allSettled([outcome]);
    for (const error of await Promise.all(scopes)) if (error) throw new Error(error.message);
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value;
  }

  /** @throws BackendError if the device is lost, or the work fails. */
  private async guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    const before = this.loss(what);
    if (before) throw before;
    try {
      return await work();
    } catch (error) {
      if (error instanceof BackendError) throw error;
      // The promise of a loss settles after the work that fails by it.
      await new Promise((resolve) => setImmediate(resolve));
      const reason = error instanceof Error ? error.message : String(error);
      throw (
        this.loss(what) ??
        new BackendError(
          'failed',
          `WebGPU on ${this.identity.device} failed while ${what}: ${reason}`,
          /memory|allocat/i.test(reason)
            ? 'Close what else uses the GPU’s memory, or ask for fewer points.'
            : 'Try again, or use the backend "model".',
        )
      );
    }
  }

  private loss(what: string): BackendError | undefined {
    if (this.lost === undefined) return undefined;
    return new BackendError(
      'failed',
      `WebGPU lost its device, ${this.identity.device}, while ${what}: ${this.lost}.`,
      'Its driver may have been reset or updated: start the backend again.',
    );
  }
}

/** What one run needs on the device. */
class Buffers {
  private readonly parameters: GPUBuffer;
  private readonly input: GPUBuffer;
  private readonly output: GPUBuffer;
  private readonly staging: GPUBuffer;
  private readonly bindings: GPUBindGroup;
  private readonly values: Float32Array<ArrayBuffer>;

  constructor(
    private readonly device: GPUDevice,
    private readonly pipeline: GPUComputePipeline,
    private readonly capacity: number,
    inputs: number,
    outputs: number,
  ) {
    const bytes = Float32Array.BYTES_PER_ELEMENT * capacity;
    const make = (size: number, flags: number): GPUBuffer => device.createBuffer({ size, usage: flags });
    this.values = new Float32Array(capacity * inputs);
    this.parameters = make(16, usage.uniform | usage.copyDestination);
    this.input = make(bytes * inputs, usage.storage | usage.copyDestination);
    this.output = make(bytes * outputs, usage.storage | usage.copySource);
    this.staging = make(bytes * outputs, usage.mapRead | usage.copyDestination);
    this.bindings = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [this.parameters, this.input, this.output].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** Sends the inputs, computes, and waits for the results. */
  async compute(count: number, inputs: readonly Float64Array[], results: readonly Float64Array[]): Promise<void> {
    const { device, capacity } = this;
    inputs.forEach((input, i) => this.values.set(input, i * capacity));
    device.queue.writeBuffer(this.parameters, 0, Uint32Array.of(count, capacity, 0, 0));
    device.queue.writeBuffer(this.input, 0, this.values);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.pipeline);
    pass.setBindGroup(0, this.bindings);
    pass.dispatchWorkgroups(Math.ceil(count / workgroupSize));
    pass.end();
    encoder.copyBufferToBuffer(this.output, 0, this.staging, 0, this.staging.size);
    device.queue.submit([encoder.finish()]);
    await this.staging.mapAsync(mapForReading);
    const computed = new Float32Array(this.staging.getMappedRange());
    results.forEach((result, j) => result.set(computed.subarray(j * capacity, j * capacity + count)));
    this.staging.unmap();
  }

  destroy(): void {
    for (const buffer of [this.parameters, this.input, this.output, this.staging]) buffer.destroy();
  }
}
