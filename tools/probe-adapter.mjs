// Prints the WebGPU adapter that a Node process finds in this environment as JSON, or null.
// A process of its own: the Vulkan loader reads the environment once, when Dawn is loaded.
import { create } from 'webgpu';

const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
const { vendor, architecture, description } = adapter?.info ?? {};
process.stdout.write(`${JSON.stringify(adapter && `${description || architecture} (${vendor})`)}\n`);
process.exit(0);
