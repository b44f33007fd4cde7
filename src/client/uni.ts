import { type MiniProgram, type MiniProgramRuntime, runtimeOf } from "./mini-program.ts";

export { type MiniProgram, type MiniProgramRuntime, type SocketTask, wakeWith } from "./mini-program.ts";

/** What a client is given in an app of uni-app, for its options: `createClient({ url, appId, ...uniApp(uni) })`. */
export function uniApp(uni: MiniProgram): MiniProgramRuntime {
  return runtimeOf(uni);
}
