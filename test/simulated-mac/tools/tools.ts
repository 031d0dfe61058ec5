import { z } from 'zod';
import { launchctl } from './launchctl.ts';
import { PROCESSES } from './processes.ts';
import { SYSTEM } from './system.ts';
import type { Tool, ToolAnswer, ToolCall, ToolWorld } from './tool.ts';

const TOOLS: Readonly<Record<string, Tool>> = { ...PROCESSES, ...SYSTEM, launchctl };

export const TOOL_NAMES = Object.keys(TOOLS);

/** What a tool does instead of its work. */
export const toolFaultSchema = z.union([
  z.literal('normal'),
  z.literal('hangs'),
  z.object({ code: z.number().int(), stderr: z.string().default(''), stdout: z.string().default('') }),
]);
export type ToolFault = z.input<typeof toolFaultSchema>;

/** Runs one tool. A fault may be set for all of it (`launchctl`) or for one subcommand (`launchctl bootstrap`). */
export function answerTool(name: string, call: ToolCall, world: ToolWorld): ToolAnswer {
  const tool = TOOLS[name];
  if (tool === undefined) return { stderr: `${name}: command not found\n`, code: 127 };
  world.memory.toolCalled(name, call.argv, Date.now());
  const { memory } = world;
  const told =
    memory.takeBehaviour(`tool:${name} ${call.argv[0] ?? ''}`) ?? memory.takeBehaviour(`tool:${name}`);
  if (told === undefined) return tool(call, world);
  const fault = toolFaultSchema.parse(JSON.parse(told));
  if (fault === 'normal') return tool(call, world);
  return fault === 'hangs' ? { hangs: true } : fault;
}
