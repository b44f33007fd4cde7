import type { DeviceClient } from "./device.ts";
import type { Transport } from "./http.ts";
import type { OpenSocket } from "./socket.ts";

/** A socket as a mini-program has it: its listeners cannot be taken off. */
export interface SocketTask {
  onMessage(hear: (event: { data: unknown }) => void): void;
  onClose(hear: (event: { code?: number; reason?: string }) => void): void;
  onError(hear: (event: { errMsg?: string }) => void): void;
  send(what: { data: string }): void;
  close(how: { code?: number }): void;
}

/** As much of `wx` or `uni` as is used. */
export interface MiniProgram {
  request(asked: {
    url: string;
    method: string;
    header: Record<string, string>;
    data?: string | ArrayBuffer;
    dataType: string;
    responseType: string;
    timeout: number;
    success: (result: { data: unknown; statusCode: number; header: object }) => void;
    fail: (failed: { errMsg: string }) => void;
  }): { abort(): void };
  connectSocket(asked: { url: string; protocols: string[]; complete: () => void }): SocketTask;
  onAppShow?(hear: () => void): void;
  offAppShow?(hear: () => void): void;
  onNetworkStatusChange?(hear: (status: { isConnected: boolean }) => void): void;
  offNetworkStatusChange?(hear: (status: { isConnected: boolean }) => void): void;
}

/** What a client is given of a mini-program in its options: it has neither fetch nor WebSocket. */
export interface MiniProgramRuntime {
  transport: Transport;
  openSocket: OpenSocket;
}

/** What the clients of a mini-program are made with. */
export function runtimeOf(host: MiniProgram): MiniProgramRuntime {
  return { transport: transportOf(host), openSocket: opener(host) };
}

function transportOf(host: MiniProgram): Transport {
  return ({ url, method, headers, body, timeoutMs }) => {
    let abort: (() => void) | undefined;
    const answer = new Promise<Awaited<ReturnType<Transport>["answer"]>>((done, fail) => {
      const task = host.request({
        url,
        method,
        header: headers,
        ...(body !== undefined && { data: body }),
        // Any but "json" has the text left as it came.
        dataType: "text",
        responseType: "text",
        timeout: timeoutMs,
        success: ({ data, statusCode: status, header }) => {
          // Some devices parse it all the same.
          const text = typeof data === "string" ? data : JSON.stringify(data);
          done({ status, text, header: (name) => valueOf(header, name) });
        },
        fail: ({ errMsg }) => fail(new Error(errMsg)),
      });
      abort = () => task.abort();
    });
    return { answer, abort: () => abort?.() };
  };
}

/** A header by its name: in which case it comes depends on the device. */
function valueOf(headers: object, name: string): string | undefined {
  const [, value] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? [];
  return value === undefined ? undefined : String(value);
}

type Listening =
  | [type: "message", listener: (event: { data: unknown }) => void]
  | [type: "close", listener: (event: { code: number; reason: string }) => void];

function opener(host: MiniProgram): OpenSocket {
  return (url, protocols) => {
    // uni gives a promise in place of a socket where it is told of no callback.
    const task = host.connectSocket({ url, protocols, complete: () => {} });
    const messages = new Set<(event: { data: unknown }) => void>();
    const closes = new Set<(event: { code: number; reason: string }) => void>();
    const close = ({ code = 1006, reason = "" }: { code?: number; reason?: string }) => {
      for (const hear of Array.from(closes)) hear({ code, reason });
    };
    task.onMessage(({ data }) => {
      for (const hear of Array.from(messages)) hear({ data });
    });
    task.onClose(close);
    // After an error there may be a close, or none: who has heard of one end listens no more.
    task.onError(() => close({}));
    const change =
      (how: "add" | "delete") =>
      (...[type, listener]: Listening) => {
        if (type === "message") messages[how](listener);
        else closes[how](listener);
      };
    return {
      send: (data) => task.send({ data }),
      close: (code = 1000) => task.close({ code }),
      addEventListener: change("add"),
      removeEventListener: change("delete"),
    };
  };
}

/**
 * Has a device looked after whenever the mini-program comes to the foreground or back on the net. The function returned ends that.
 */
export function wakeWith(host: MiniProgram, device: Pick<DeviceClient, "wake">): () => void {
  const onShow = () => device.wake();
  const onNet = ({ isConnected }: { isConnected: boolean }) => {
    if (isConnected) device.wake();
  };
  host.onAppShow?.(onShow);
  host.onNetworkStatusChange?.(onNet);
  return () => {
    host.offAppShow?.(onShow);
    host.offNetworkStatusChange?.(onNet);
  };
}
