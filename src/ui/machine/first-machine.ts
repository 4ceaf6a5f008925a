/**
 * The page's machine, which begins to start as soon as this module is evaluated: main.ts imports it before
 * all that draws, so that the worker is busy while the page still is too.
 */
import { narrowPage } from '../app/narrow-page.ts';
import { MachineState } from './machine-state.svelte.ts';
import { StepSessions } from './step-sessions.svelte.ts';

export const machine = new MachineState();
export const stepSessions = new StepSessions();

/** The last session, or a fresh machine; undefined where it is only started when asked for. */
export const arrival = narrowPage.matches ? undefined : machine.start(stepSessions.last);
