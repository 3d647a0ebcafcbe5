/** What differs between two recordings of one step: a step that is to be replayed does the same work each time. */
import type { Gpu } from '../engine/internals';
import type { Place, RecordedDispatch, Recording } from './record';

/** @returns the first difference in words; null where there is none. */
export async function difference(gpu: Gpu, before: Recording, now: Recording): Promise<string | null> {
  return structural(before, now) ?? (await ofConstants(gpu, before, now));
}

function structural(before: Recording, now: Recording): string | null {
  for (const [i, dispatch] of now.dispatches.entries()) {
    const other = before.dispatches[i];
    if (!other || other.pipeline !== dispatch.pipeline || !sameList(other.workgroups, dispatch.workgroups))
      return `its kernel ${i} is ${dispatch.name} in one run and ${other?.name ?? 'none'} in another`;
    if (!sameBytes(other.uniforms, dispatch.uniforms))
      return `${dispatch.name} (kernel ${i}) takes other numbers from run to run`;
    if (!samePlaces(other, dispatch))
      return `${dispatch.name} (kernel ${i}) reads other tensors from run to run`;
  }
  if (before.dispatches.length !== now.dispatches.length)
    return 'it runs another number of kernels from run to run';
  const same = (a: readonly Place[], b: readonly Place[]) =>
    a.length === b.length && a.every((p, i) => samePlace(p, b[i]));
  return same(before.after, now.after) && same(before.outputs, now.outputs)
    ? null
    : 'it gives other tensors from run to run';
}

async function ofConstants(gpu: Gpu, before: Recording, now: Recording): Promise<string | null> {
  const [values, others] = await Promise.all([now, before].map(({ constants }) => contents(gpu, constants)));
  const changed = values?.findIndex((bytes, i) => !sameBytes(bytes, others?.[i] as ArrayBuffer)) ?? -1;
  if (changed < 0) return null;
  const reads = ({ places }: RecordedDispatch) =>
    places.some(({ kind, index }) => kind === 'constant' && index === changed);
  const reader = now.dispatches.find(reads);
  return `${reader?.name ?? 'a kernel'} reads values that JavaScript makes anew in each run (random numbers?)`;
}

/** The bytes of buffers, read in one go. */
async function contents(gpu: Gpu, buffers: readonly GPUBuffer[]): Promise<ArrayBuffer[]> {
  const total = buffers.reduce((sum, { size }) => sum + size, 0);
  if (total === 0) return [];
  const all = gpu.device.createBuffer({
    label: 'neusim constants',
    size: total,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  gpu.ensureCommandEncoderReady();
  gpu.endComputePassEncoder();
  let end = 0;
  for (const buffer of buffers) {
    gpu.commandEncoder?.copyBufferToBuffer(buffer, 0, all, end, buffer.size);
    end += buffer.size;
  }
  try {
    const bytes = await gpu.getBufferData(all);
    let start = 0;
    return buffers.map(({ size }) => {
      start += size;
      return bytes.slice(start - size, start);
    });
  } finally {
    all.destroy();
  }
}

const sameList = (a: readonly number[], b: readonly number[]) => a.every((value, i) => value === b[i]);

const samePlace = (a: Place, b: Place | undefined) =>
  a.kind === b?.kind && a.index === b.index && a.bytes === b.bytes;

const samePlaces = (a: RecordedDispatch, b: RecordedDispatch) =>
  a.places.length === b.places.length && a.places.every((place, i) => samePlace(place, b.places[i]));

function sameBytes(a: ArrayBuffer, b: ArrayBuffer): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [left, right] = [new Uint32Array(a), new Uint32Array(b)];
  return left.every((word, i) => word === right[i]);
}
