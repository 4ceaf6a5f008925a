/** Takes a tree of a node's files, with its content, as the agent sends it: entry by entry, content in views of what came. */
import { AgentError } from '../agent/agent-error.ts';
import type { AgentClient } from '../agent/client.ts';
import type { Op } from '../agent/op.ts';
import { packTree, type PackOptions } from '../agent/ops.ts';
import { TreeReader, type TreeHandlers } from '../agent/tree-stream.ts';
import { FsError } from '../p9/errno.ts';
import type { Sink } from '../p9/stream-content.ts';
import type { Transfers } from './transfers.ts';

export interface TreeRequest extends PackOptions {
  /** Directory that paths are resolved in: no link leads out of it. */
  root: string;
  /** Below `root`; its last name is not followed when it is a link, unless a slash comes after it. */
  path: string;
  /** What makes the tree ready, in the same batch. */
  before?: readonly Op[];
  /** Throws FsError `EAGAIN` while no more can be taken, other FsErrors when no more will be. */
  admit?: () => void;
}

/** Resolves when all of it has come. @throws AgentError what the guest says; else what a handler threw */
export async function receiveTree(
  { agent, node, transfers }: { agent: AgentClient; node: number; transfers: Transfers },
  { root, path, before = [], admit, ...options }: TreeRequest,
  handlers: TreeHandlers,
): Promise<void> {
  const reader = new TreeReader(handlers);
  let failure: unknown;
  const sink: Sink = (bytes) => {
    try {
      admit?.();
      reader.push(bytes);
    } catch (error) {
      // The guest hears of an error number only; EAGAIN is none.
      if (!(error instanceof FsError && error.code === 'EAGAIN')) failure = error;
      throw error instanceof FsError ? error : new FsError('EIO');
    }
  };
  const transfer = transfers.receive(sink);
  try {
    await agent.batch({ node }, [...before, packTree(root, path, transfer.path, options)], { background: true });
  } catch (error) {
    if (failure !== undefined && error instanceof AgentError) throw failure;
    throw error;
  } finally {
    transfer.remove();
  }
  if (!reader.ended) throw new Error('the agent sent half a tree');
}
