import {
  type Example,
  may,
  need,
  over100,
  over16KiB,
  over64,
  over64Bytes,
  wrongFlags,
  wrongIds,
  wrongLists,
  wrongNames,
  wrongPasswords,
} from "./example.ts";
import { groups, someone } from "./stage.ts";

const newcomer = { username: "newcomer", password: "another secret" };
const nothing: Example = { valid: () => ({}), takes: {} };
const { password } = someone;

const device = {
  device_guid: may("", "g".repeat(129), 7),
  platform: may(0, 7, 1.5, "2"),
  device_name: may(over64, 7),
};

const signedIn = { password, device_guid: "third", platform: 3, device_name: "Desk" };

/** Account, sessions and devices, by the id of the operation. */
export const userExamples: Record<string, Example> = {
  register: {
    valid: () => newcomer,
    takes: { username: need(...wrongNames), password: need(...wrongPasswords) },
  },
  registerBatch: {
    valid: () => ({ list: [newcomer, { username: "123", password }] }),
    takes: { list: need(...wrongLists) },
  },
  registerPush: {
    valid: () => ({
      ...newcomer,
      device_guid: "phone",
      platform: 1,
      alias: "newcomer's",
      push_token: "token of newcomer",
      sign: "",
    }),
    takes: {
      username: need(...wrongNames),
      password: need(...wrongPasswords),
      device_guid: device.device_guid,
      platform: device.platform,
      alias: may(over64, over64Bytes, 7),
      push_token: may("t".repeat(513), 7),
      sign: may(7),
    },
  },
  deleteUser: { valid: () => ({ password }), takes: { password: may(1234567, []) } },
  rename: { valid: () => ({ username: "renamed" }), takes: { username: need(...wrongNames) } },
  changePassword: {
    valid: () => ({ old_password: password, new_password: "a newer secret" }),
    takes: { old_password: need(1234567, []), new_password: need(...wrongPasswords) },
  },
  setPassword: {
    valid: () => ({ password: "a newer secret" }),
    takes: { password: need(...wrongPasswords) },
  },
  signInByName: {
    valid: () => ({ name: someone.username, ...signedIn }),
    takes: { name: need(7, []), mobile: may(13800000000, []), password: need(1234567, []), ...device },
  },
  signInById: {
    valid: (stage) => ({ user_id: stage.userId, ...signedIn }),
    takes: { user_id: need(...wrongIds), password: need(1234567, []), ...device },
  },
  signIn: {
    valid: () => ({ login_name: someone.username, ...signedIn }),
    takes: { login_name: need(7, []), password: need(1234567, []), ...device },
  },
  signOut: nothing,
  watchUser: nothing,
  onlineStatus: nothing,
  connect: {
    valid: () => ({ device_guid: "here", platform: 2, device_name: "Pocket" }),
    takes: {
      device_guid: may("", "g".repeat(129)),
      platform: may("0", "7", "1.5", "phone", ""),
      device_name: may(over64),
    },
  },
  listDevices: {
    valid: (stage) => ({ cursor: String(stage.here.sn), limit: 10 }),
    takes: { cursor: may("nonsense"), limit: may("0", "201", "-1", "1.5", "all", "") },
  },
  tryPolicy: {
    valid: () => ({ platform: 1, device_guid: "third" }),
    takes: { platform: need("0", "7", "1.5", "phone", ""), device_guid: may("", "g".repeat(129)) },
  },
  removeDevice: {
    valid: async (stage) => ({ device_sn: (await stage.signIn("there")).sn }),
    takes: { device_sn: need(...wrongIds) },
  },
  kick: {
    valid: async (stage) => ({ device_sn: (await stage.signIn("there")).sn }),
    takes: { device_sn: may(...wrongIds) },
  },
  getProfile: nothing,
  setAvatar: {
    valid: () => ({ avatar: "https://pictures.example/1.png" }),
    takes: {
      avatar: need(
        "a picture",
        "ftp://pictures.example/1.png",
        "javascript:alert(1)",
        `https://pictures.example/${"p".repeat(2048)}`,
        7,
      ),
    },
  },
  setAvatars: {
    valid: (stage) => ({ list: [{ user_id: stage.userId, avatar: "http://pictures.example/2.png" }] }),
    takes: { list: need(...wrongLists) },
  },
  setNickName: { valid: () => ({ nick_name: "Robin" }), takes: { nick_name: need(over64, 7) } },
  setMobile: {
    valid: () => ({ mobile: "13800000000" }),
    takes: {
      mobile: need("12345", "+1234567", "+1234567890123456", "12800000000", "1380000000x", 13800000000),
    },
  },
  setPublicInfo: { valid: () => ({ text: '{"not": "parsed' }), takes: {} },
  setPrivateInfo: { valid: () => ({ text: " mine \u0000 alone\n" }), takes: {} },
  setProfile: {
    valid: () => ({
      nick_name: "Wren",
      description: "small and loud",
      public_info: "for all",
      private_info: "for me",
      email: "wren@birds.example",
    }),
    takes: {
      nick_name: may(over64, 7),
      description: may("d".repeat(513), 7),
      public_info: may(over16KiB, 7),
      private_info: may(over16KiB, {}),
      email: may("wren", "wren@", "@birds.example", 7),
    },
  },
  setProfiles: {
    valid: (stage) => ({ list: [{ user_id: stage.userId, nick_name: "Wren" }] }),
    takes: { list: need(...wrongLists) },
  },
  importUsers: {
    valid: () => ({ mode: "upsert", dry_run: false, rows: [{ ...newcomer, external_id: "1" }] }),
    takes: {
      mode: may("both", "", "INSERT"),
      dry_run: may(...wrongFlags),
      rows: need(
        [],
        Array.from({ length: 501 }, () => newcomer),
      ),
    },
  },
  exportUsers: {
    valid: () => ({ limit: 10, hashes: true }),
    takes: {
      cursor: may("x", "1", "c".repeat(65)),
      limit: may("0", "1001", "-1", "1.5", "ten"),
      hashes: may(...wrongFlags),
    },
  },
  disableUsers: {
    valid: (stage) => ({
      list: [stage.userId],
      reason: "spam",
      until: Date.now() + 3_600_000,
      note: "second time",
    }),
    takes: {
      list: need(...wrongLists),
      reason: may("r".repeat(257), 7),
      until: may(1, Date.now() - 1000, Date.now() + 11 * 366 * 24 * 3_600_000, 1.5, "tomorrow"),
      note: may("n".repeat(1025), 7),
    },
  },
  enableUsers: { valid: (stage) => ({ list: [stage.userId] }), takes: { list: need(...wrongLists) } },
  listUsers: {
    valid: () => ({ page_num: 1, page_size: 10, status: 0, keyword: "some" }),
    takes: {
      page_num: may("0", "-1", "1.5", "first", ""),
      page_size: may("0", "201", "1.5", "all", ""),
      cursor: may("nonsense"),
      status: may("2", "-1", "normal", ""),
      keyword: may(over64),
    },
  },
  putGroup: {
    valid: (stage) => ({ group_id: groups.made, owner_id: stage.userId }),
    takes: { group_id: need(...wrongIds), owner_id: need(...wrongIds) },
  },
  deleteGroup: {
    valid: async (stage) => ({ group_id: await stage.group(groups.given) }),
    takes: { group_id: need(...wrongIds) },
  },
  addTags: {
    valid: () => ({ tags: ["b", "a", "龥"] }),
    takes: { tags: need("a", { a: true }, [""], [7], [over64], [over64Bytes], over100.map(String)) },
  },
};
