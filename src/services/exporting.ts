import type { BroughtDevice } from "../domain/signals.ts";
import { wireHash } from "../passwords/stored.ts";
import { type FoundUser, readUsers } from "../store/found.ts";
import { pooled } from "./deliver.ts";
import { catchUp, isBehind } from "./listing.ts";
import type { Scope } from "./scope.ts";

/** Users that are read and written at once: what an export keeps in memory. */
const AT_ONCE = 100;

/** Where an export goes on: behind this user's id, so many users having been written. */
export interface ExportPlace {
  after: number;
  count: number;
}

/**
 * Writes up to `limit` users as an import reads them, a line each, by id: who stays during the export is in it once. The last
 * line says where the next call goes on, or that this is the end. `withHashes` tells the password hashes.
 */
export async function exportUsers(
  scope: Scope,
  place: ExportPlace,
  limit: number,
  withHashes: boolean,
): Promise<Response> {
  const lines = writeLines(scope, place, limit, withHashes);
  // What fails at once is answered; what fails later breaks off before the last line.
  const first = await lines.next();
  const encoder = new TextEncoder();
  let waiting: IteratorResult<string> | undefined = first;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = waiting ?? (await lines.next());
      waiting = undefined;
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
  return new Response(body, {
    headers: { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" },
  });
}

async function* writeLines(
  scope: Scope,
  { after, count }: ExportPlace,
  limit: number,
  withHashes: boolean,
): AsyncGenerator<string, undefined, undefined> {
  const { app, db } = scope;
  let last = after;
  let left = limit;
  for (;;) {
    const slice = Math.min(AT_ONCE, left);
    const found = await readUsers(db, app.app_id, last, slice);
    const write = async (each: FoundUser) => wireUser(scope, each, await devicesOf(scope, each), withHashes);
    await catchUp(scope, found);
    // The runtime itself has those hubs wait that are too many for it.
    const users = await pooled(found, write, AT_ONCE);
    const written = count + limit - left + users.length;
    left -= users.length;
    last = found.at(-1)?.user.id ?? last;
    const isEnd = found.length < slice;
    const end = isEnd ? { end: true, count: written } : { cursor: `${last}.${written}` };
    const lines = isEnd || left === 0 ? [...users, end] : users;
    yield lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    if (isEnd || left === 0) return;
  }
}

/**
 * The devices of a user's list, of which those without a guid are none that could be told again. The hub is asked where there
 * may be any: to ask it would make it.
 */
async function devicesOf(scope: Scope, found: FoundUser): Promise<BroughtDevice[]> {
  const { user } = found;
  if (user.arrival?.kind === "imported" && !isBehind(found)) return user.arrival.devices;
  if (user.unlisted === 1) return [];
  return await scope.hub(user.id).call((hub) => hub.devicesToTake());
}

function wireUser(
  { now }: Scope,
  { user, settings, tags, ban }: FoundUser,
  devices: readonly BroughtDevice[],
  withHashes: boolean,
) {
  const { user_id, app_id: _app, alias, badge, push_token, snooze_until: _snooze, ...more } = settings;
  const {
    push_nonce: _nonce,
    push_bound_at: _at,
    push_held_until: _held,
    push_session: _by,
    ...others
  } = more;
  const isBanned = user.status === 1 && (user.disabled_until === null || user.disabled_until > now);
  const hash = withHashes ? wireHash(user.password) : undefined;
  const { username, created_at, avatar, nick_name, description, mobile, email, public_info, private_info } =
    user;
  return {
    ...(user.external_id !== null && { external_id: user.external_id }),
    user_id,
    username,
    ...(hash !== undefined && { password_hash: hash }),
    status: isBanned ? 1 : 0,
    ...(isBanned && ban && { ban: { reason: ban.reason, note: ban.note, until: ban.until } }),
    created_at,
    avatar,
    nick_name,
    description,
    mobile,
    email,
    public_info,
    private_info,
    settings: { ...others, push_token: push_token ?? "" },
    push: { alias, tags, badge },
    devices: devices.map(({ device_sn, guid, platform, name }) => ({
      ...(device_sn !== undefined && { device_sn }),
      device_guid: guid,
      platform,
      device_name: name,
    })),
  };
}
