import { type MiniProgram, type MiniProgramRuntime, runtimeOf } from "./mini-program.ts";

export { type MiniProgram, type MiniProgramRuntime, type SocketTask, wakeWith } from "./mini-program.ts";

/**
 * What a client is given in a WeChat mini-program, for its options: `createClient({ url, appId, ...wechat(wx) })`. The service's host must
 * be among the mini-program's domains of requests and of sockets.
 */
export function wechat(wx: MiniProgram): MiniProgramRuntime {
  return runtimeOf(wx);
}
