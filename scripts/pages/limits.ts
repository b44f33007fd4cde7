import { MAX_FEEDBACK } from "../../src/domain/feedback.ts";
import {
  Alias,
  AppId,
  Avatar,
  Description,
  DeviceGuid,
  DeviceName,
  Email,
  Id,
  Info,
  MAX_ROWS,
  MAX_USER_AGENT,
  Mobile,
  NickName,
  Password,
  PushToken,
  Tag,
  TriedPassword,
  Username,
} from "../../src/domain/fields.ts";
import { MOST } from "../../src/domain/policy.ts";
import { MAX_BODY, MAX_ROWS_BODY } from "../../src/http/body.ts";
import { MOST_IMPORTED } from "../../src/services/importing.ts";
import { BLOCK } from "../../src/admission/flood.ts";
import type { Operation } from "../../src/http/operation.ts";
import { LISTED } from "../../src/hub/endings.ts";
import { BARE } from "../../src/hub/entry.ts";
import { FIRST_WAIT, FREE_FAILURES, FREE_FAILURES_AN_HOUR, LONGEST_WAIT } from "../../src/hub/throttle.ts";
import { PATIENCE } from "../../src/sdk/session.ts";
import { MOST_OF_ALL, MOST_OF_ONE } from "../../src/sdk/strangers.ts";
import { MAX_TAGS } from "../../src/store/tags.ts";
import { allowed } from "./allowed.ts";
import { madeFrom, page, table } from "./markdown.ts";

/** Reads numbers out of wrangler.toml; fails where they are not there any more. */
function numbersOf(settings: string, pattern: RegExp): number[] {
  const found = pattern.exec(settings)?.slice(1);
  if (!found) throw new Error(`wrangler.toml has no ${pattern.source}`);
  return found.map((digits) => Number(digits.replaceAll("_", "")));
}

const limiter = (name: string) => new RegExp(`name = "${name}"[^[]*limit = (\\d+), period = (\\d+)`);

/** docs/limits.md: what the declarations, the constants and `settings`, the text of wrangler.toml, allow. */
export function limitsPage(operations: readonly Operation[], settings: string): string {
  const of = (id: string, param: string): string => {
    const schema = operations.find((operation) => operation.id === id)?.params.shape[param];
    if (!schema) throw new Error(`no operation ${id} takes ${param}`);
    return allowed(schema);
  };
  const [patience] = numbersOf(settings, /^BODY_TIMEOUT = "(\d+)"/m);
  const [cpu = 0] = numbersOf(settings, /^cpu_ms = ([\d_]+)/m);
  const [calls, callsPeriod] = numbersOf(settings, limiter("CALLS"));
  const [blocks = 0, blocksPeriod] = numbersOf(settings, limiter("CALL_BLOCKS"));
  const rows = [
    ["body of a request", `${MAX_BODY} bytes, all of them within ${patience} s`],
    ["a call of `/admin/import`", `1–${MOST_IMPORTED} rows, ${MAX_ROWS_BODY} bytes`],
    ["rows of a batch, users of a disable or enable", `1–${MAX_ROWS}`],
    ["reports of one call of `/admin/push/feedback`", `1–${MAX_FEEDBACK}`],
    ["`username`", `${allowed(Username)}. Case and Unicode form do not tell names apart`],
    ["a new password", allowed(Password)],
    ["a password that is compared", allowed(TriedPassword)],
    ["`nick_name`, `push_nick_name`", allowed(NickName)],
    ["`description`", allowed(Description)],
    ["`public_info`, `private_info`", `${allowed(Info)}, each`],
    ["`avatar`", allowed(Avatar)],
    ["`mobile`", `${allowed(Mobile)}; one user each in an app`],
    ["`email`", `${allowed(Email)}; one user each in an app`],
    ["`auth_question`", of("setSettings", "auth_question")],
    ["`auth_answer`", of("setSettings", "auth_answer")],
    ["`device_guid`", allowed(DeviceGuid)],
    ["`device_name`", allowed(DeviceName)],
    ["user agent of a device", `cut at ${MAX_USER_AGENT} characters`],
    [
      "devices on a user's list",
      `${LISTED}, or as many as are signed in: of those signed out, the longest unused leaves when one is added`,
    ],
    ["live sessions without a device", `${BARE} a user: the oldest is signed out when one is added`],
    ["`device_token`", of("bindToken", "device_token")],
    ["`notifier_name`", of("bindToken", "notifier_name")],
    ["`push_token`", allowed(PushToken)],
    ["`alias`", allowed(Alias)],
    ["push tags", `${MAX_TAGS} a user; ${of("addTags", "tags")} in a call, each ${allowed(Tag)}`],
    ["`badge`", of("setBadge", "badge")],
    ["ids", allowed(Id)],
    ["`reason` of a ban", of("disableUsers", "reason")],
    ["`note` of a ban", of("disableUsers", "note")],
    ["`until` of a ban", of("disableUsers", "until")],
    ["page of `/user/list`", of("listUsers", "page_size")],
    ["page of `/user/device/list`", of("listDevices", "limit")],
    ["page of the records", of("listAudit", "limit")],
    ["`app_id`", allowed(AppId)],
    ["name of an app", of("setApp", "name")],
    ["name of an admin token", of("createAdminToken", "name")],
    ["`token_ttl`", of("setApp", "token_ttl")],
    ["`device_ttl`", of("setApp", "device_ttl")],
    ["`sign_in_policy`", `${of("setApp", "sign_in_policy")}; where no total is set, ${MOST} devices in all`],
    ["`push_secret`", of("setApp", "push_secret")],
    ["`webhook_url`", of("setApp", "webhook_url")],
    ["`webhook_secret`", of("setApp", "webhook_secret")],
    ["`allowed_origins`", of("setApp", "allowed_origins")],
    [
      "calls with a known token",
      `${blocks * BLOCK} in ${blocksPeriod} s by one session of a user, or one admin token, wherever they come from; then HTTP 429 until ${blocksPeriod} s have passed`,
    ],
    ["all other calls", `${calls} in ${callsPeriod} s by one address; then HTTP 429`],
    [
      "wrong passwords for one name, number, address or id",
      `after ${FREE_FAILURES} from one address: a wait of ${FIRST_WAIT / 1000} s, doubled by each further failure up to ${LONGEST_WAIT / 60_000} minutes. After ${FREE_FAILURES_AN_HOUR} in an hour from anywhere: a wait for addresses that never signed in as that user`,
    ],
    [
      "sockets",
      `one for each session; a newer one replaces it. Of the SDK before its PROVISION is accepted: ${MOST_OF_ONE} of one address and ${MOST_OF_ALL} of all in an isolate, ${PATIENCE / 1000} s each`,
    ],
    ["CPU of one request", `${cpu / 1000} s`],
  ];
  return page([
    madeFrom("the schemas, the constants and `wrangler.toml`"),
    "# Limits",
    "For whoever calls the API: what a value may be, and how much of anything there may be.",
    `Characters are Unicode code points. Bytes are those of UTF-8. Where a value is not allowed, the call is refused with
10002, and the message names the parameter and says what this page says.`,
    table(["what", "limit"], rows),
    `An address is an IPv4 address, or the /64 network of an IPv6 address.

Other pages have what is no limit of a call: how long [a socket may be silent](devices.md), how often
[a webhook is tried](webhooks.md), and [how long what is stored is kept](storage.md).`,
  ]);
}
