/**
 * Vitest's runner, which leaves out what cannot run here: where there is no WebGPU, the suites named `… on webgpu` and
 * the tests of packages/backend-webgpu are skipped, and counted as such.
 */
import { TestRunner } from 'vitest';

type Task = Parameters<TestRunner['onBeforeRunTask']>[0] | Parameters<TestRunner['onBeforeRunSuite']>[0];

export default class extends TestRunner {
  onCollected(files: Parameters<TestRunner['onCollectStart']>[0][]): void {
    if (!this.injectValue('absent').includes('webgpu')) return;
    for (const file of files)
      if (file.name.startsWith('packages/backend-webgpu/')) leaveOut(file);
      else for (const task of file.tasks) if (task.name.endsWith(' on webgpu')) leaveOut(task);
  }
}

function leaveOut(task: Task): void {
  task.mode = 'skip';
  if ('tasks' in task) for (const child of task.tasks) leaveOut(child);
}
