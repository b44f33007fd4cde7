/** The platform of a device: 1 iOS, 2 Android, 3 Windows, 4 Mac, 5 Linux, 6 web. */
export type Platform = 1 | 2 | 3 | 4 | 5 | 6;

/** What the address of a device's socket is made of. */
export interface Target {
  /** Where the service is: an http, https, ws or wss URL. A path is kept; a query is not. */
  url: string;
  /** The app's id: 1–64 of A–Z a–z 0–9 _ -. */
  appId: string;
  /**
   * The device's own id, 1–128 characters: that which the sign-in named, or none. A token of a sign-in that named none
   * becomes a device here: of this id, else a new one.
   */
  deviceGuid?: string;
  /** Default: 6, or what the device had. */
  platform?: Platform;
  /** Up to 64 characters. Default: what the device had. */
  deviceName?: string;
}

/** Makes the address of a device's socket: a ws or wss URL whose query names the app and the device. */
export type MakeAddress = (target: Target) => string;

/** Of a URL, as RFC 3986 divides it: the "s" of the scheme, the authority, the port and the path. */
const base =
  /^(?:http|ws)(s?):\/\/((?:[^\s/?#\\@]*@)?(?:[^\s/?#\\@:<>^|[\]]+|\[[0-9a-f:.]+\])(?::(\d*))?)(\/[^?#\t\n\r]*)?(?:[?#].*)?$/i;

/** What is before the query of an address: of http, or of ws for a socket. */
function beginning(url: string, scheme: "http" | "ws"): string {
  const [, secure = "", authority, port = "", path = ""] = base.exec(wellFormed(url)) ?? [];
  if (authority === undefined || Number(port) > 65_535) {
    throw new TypeError("url must be an http, https, ws or wss URL");
  }
  // What is escaped already stays as it is.
  const escaped = encodeURI(path.replace(/\/+$/, "")).replace(/%25/g, "%");
  return `${scheme}${secure.toLowerCase()}://${authority}${escaped}`;
}

/** A query of what is given: undefined is left out. */
function queryOf(given: readonly (readonly [string, unknown])[]): string {
  return given
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(wellFormed(String(value)))}`)
    .join("&");
}

/** Makes the address without a `URL`, which not every runtime has whole. Throws a TypeError for a URL that is none. */
export const composeAddress: MakeAddress = (target) => {
  const { url, appId, deviceGuid, platform, deviceName } = target;
  const query = queryOf([
    ["app_id", appId],
    ["device_guid", deviceGuid],
    ["platform", platform],
    ["device_name", deviceName],
  ]);
  return `${beginning(url, "ws")}/user/device/connect?${query}`;
};

/** The address of a call: where the service is, the operation's path, and its query. Throws as `composeAddress` does. */
export function httpAddress(url: string, path: string, query: readonly [string, unknown][]): string {
  const text = queryOf(query);
  return beginning(url, "http") + path + (text === "" ? "" : `?${text}`);
}

/** Throws a TypeError for an app or a device that no service takes. */
export function checkTarget({ appId, deviceGuid, platform, deviceName }: Target): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(appId)) {
    throw new TypeError("appId must be 1–64 of A–Z a–z 0–9 _ -");
  }
  if (deviceGuid !== undefined && !isText(deviceGuid, 1, 128)) {
    throw new TypeError("deviceGuid must have 1–128 characters");
  }
  if (deviceName !== undefined && !isText(deviceName, 0, 64)) {
    throw new TypeError("deviceName must have up to 64 characters");
  }
  if (platform !== undefined && ![1, 2, 3, 4, 5, 6].includes(platform)) {
    throw new TypeError("platform must be an integer of 1–6");
  }
}

/** Counts characters as the service does: by Unicode code points. */
function isText(value: string, min: number, max: number): boolean {
  const { length } = Array.from(value);
  return length >= min && length <= max;
}

/** Half a surrogate pair, as a name that was cut has at its end, is no character: U+FFFD stands for it. */
function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDFFF]/gu, "\uFFFD");
}
