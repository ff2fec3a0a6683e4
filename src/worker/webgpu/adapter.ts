import { BackendError } from '../backend';

/** Drivers that compute on the CPU. */
const softwareDrivers = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

/** What a device that is none calls itself. Not looked for in what a driver says of itself: "AMD Software: Adrenalin". */
const softwareDevices = /software|\bcpu\b/i;

/** Words that an adapter has for itself, the device's name first. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter: boolean;
}

/** Whether it is a driver that computes on the CPU: never to be called a GPU. */
export function isSoftware(info: AdapterDescription): boolean {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  const names = [vendor, architecture, device].join(' ');
  return isFallbackAdapter || softwareDrivers.test(`${names} ${description}`) || softwareDevices.test(names);
}

/** The device's own name, with its driver's. */
export function deviceName({ vendor, architecture, device, description }: AdapterDescription): string {
  const name = device.trim() || `${vendor} ${architecture}`.trim() || 'unnamed adapter';
  return description && description !== name ? `${name} (${description})` : name;
}

/** How to get an adapter, by platform. */
const drivers: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux:
    'Install the Vulkan loader (on Debian and Ubuntu libvulkan1) and the Vulkan driver of the GPU: NVIDIA’s own driver with its graphics libraries, or mesa-vulkan-drivers for AMD and Intel. In a container the GPU has to be passed in, for NVIDIA with NVIDIA_DRIVER_CAPABILITIES=all. `vulkaninfo --summary` lists what there is.',
  darwin: 'Metal is needed, which every Mac since 2012 has; a virtual machine may lack it.',
  win32: 'Install the graphics driver of the GPU’s maker, with Direct3D 12 or Vulkan.',
};

/**
 * The adapter to compute on: a real GPU if there is one, the more powerful one first.
 * @param allowSoftware whether an adapter that computes on the CPU will do where there is no other
 * @throws BackendError
 */
export async function chooseAdapter(gpu: GPU, allowSoftware: boolean): Promise<GPUAdapter> {
  const remedy = drivers[process.platform] ?? 'Install a Vulkan driver for the GPU.';
  let software: GPUAdapter | undefined;
  for (const powerPreference of ['high-performance', 'low-power'] as const) {
    const adapter = await gpu.requestAdapter({ powerPreference });
    if (adapter === null) continue;
    if (!isSoftware(adapter.info)) return adapter;
    software ??= adapter;
  }
  if (software === undefined) {
    throw new BackendError('no-device', 'WebGPU (Dawn) finds no adapter on this machine.', remedy);
  }
  if (allowSoftware) return software;
  throw new BackendError(
    'no-device',
    `The only WebGPU adapter on this machine is ${deviceName(software.info)}, which computes on the CPU.`,
    remedy,
  );
}
