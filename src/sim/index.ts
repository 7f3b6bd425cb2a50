/**
 * Simulated providers for the tests of any application, with faults on demand.
 *
 * @module kippu/sim
 */

export { controlsOf, type FaultControls, type SimulationControls } from './controls.ts';
export { parseFault, type FaultEndpoint, type FaultKind, type FaultOrder, type FaultText } from './faults.ts';
export { simHttpClient, type Road, type SimHttpOptions } from './http-client.ts';
export { fileJournal, memoryJournal, type Journal } from './journal.ts';
export { startSimulator, type RequestLine, type RunningSimulator, type StartOptions } from './server.ts';
export { simulate, type SimulateOptions, type Simulation } from './simulate.ts';
export { Simulator, type SimulatorOptions } from './simulator.ts';
export type { Settings, SettingsPatch } from './settings.ts';
export type { Fault } from './faults.ts';
export type { Counts, MetClient, User } from './state.ts';
export type { GrantView, PostView, StateView, TokenView } from './view.ts';
export type { Delivery, SimAnswer, SimRequest } from './wire.ts';
export type { SimClient } from './registrations.ts';
