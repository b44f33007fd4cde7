import type { DeviceClient } from "./device.ts";
import { type Transport, fetchTransport } from "./http.ts";

/** As much of React Native's `AppState` as is used. */
export interface AppStateLike {
  addEventListener(type: "change", hear: (state: string) => void): { remove(): void };
}

/**
 * What a client is given in React Native, for its options: `createClient({ url, appId, ...reactNative() })`. Its WebSocket fits as it is;
 * of its fetch on iOS the answers would be kept.
 */
export function reactNative(): { transport: Transport } {
  return { transport: fetchTransport({ cache: "no-store" }) };
}

/** Has a device looked after whenever the app comes to the foreground. The function returned ends that. */
export function wakeWith(appState: AppStateLike, device: Pick<DeviceClient, "wake">): () => void {
  const subscription = appState.addEventListener("change", (state) => {
    if (state === "active") device.wake();
  });
  return () => subscription.remove();
}
