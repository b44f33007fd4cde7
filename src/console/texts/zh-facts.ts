import type { FactKey, FactText, Values } from "../../domain/gates/facts.ts";
import type { Told } from "./en-words.ts";
import { zhWords } from "./zh-words.ts";

const keys: Values = { user_id: "ID", mobile: "手机号", email: "邮箱" };

const tried = ({ from, waiting = "" }: Values) => {
  const also = waiting.split(",").filter((key) => key !== "");
  const any = from === "" ? "（来自没有失败过的地址）" : "";
  return `按用户名${any}${also.length === 0 ? "" : `；按${also.map((key) => keys[key] ?? key).join("、")}的错误密码过多`}`;
};

const known = ({ address }: Values) => (address === "known" ? "该用户用过的地址" : "该用户的陌生地址");

/** What gates can say that they went by, in Chinese. */
const zhFacts: Readonly<Record<FactKey, FactText>> = {
  app_there: { fact: "应用存在" },
  app_gone: { fact: "没有这个 ID 的应用", remedy: "更正请求头 app_id" },
  app_running: { fact: "应用未停用" },
  app_suspended: { fact: "应用已停用", remedy: "持有根密钥的人用 PUT /admin/app 将 status 设为 0" },
  origin_none: { fact: "调用方不是网页" },
  origin_allowed: { fact: "应用允许来自该来源的调用" },
  origin_barred: {
    fact: "应用不允许来自该来源的调用",
    remedy: "持有根密钥的人用 PUT /admin/app 将该来源加入 allowed_origins",
  },
  token_formed: { fact: "文本符合用户令牌的格式" },
  token_malformed: {
    fact: "文本不是本服务签发的令牌",
    remedy: "检查客户端是否完整发送了收到的令牌",
  },
  token_known: { fact: "令牌属于该应用的某个用户" },
  token_unknown: {
    fact: "该应用没有这个令牌",
    remedy: "检查请求头 app_id，否则请用户重新登录",
  },
  session_stands: { fact: "会话未被结束" },
  session_unknown: { fact: "该用户没有这个会话，结束原因已不可查", remedy: "请用户重新登录" },
  session_ended: {
    fact: ({ event = "", reason }) => `会话已结束：${zhWords.ends[event] ?? event}（${reason}）`,
    remedy: "请用户重新登录",
  },
  life_none: { fact: "没有可到期的会话" },
  life_lasts: { fact: ({ until }) => `令牌有效期至 ${until}` },
  life_over: { fact: "令牌已到期", remedy: "请用户重新登录" },
  connects_none: { fact: "没有可以连接的会话" },
  device_none: { fact: "还没有设备使用该令牌登录" },
  device_same: { fact: "连接的设备就是用该令牌登录的设备" },
  device_other: { fact: "该令牌由另一台设备登录使用", remedy: "该设备需要登录以取得自己的令牌" },
  user_none: { fact: "没有可供检查的用户" },
  user_known: { fact: "用户存在" },
  user_unknown: { fact: "该应用没有这个用户", remedy: "用其他 ID 或用户名查找" },
  name_unknown: {
    fact: "该应用没有这个用户",
    remedy: "用其他用户名查找；密码错误时调用方收到同样的答复",
  },
  tries_few: { fact: (values) => `错误密码次数未超限：${tried(values)}` },
  tries_many: {
    fact: (values) => `错误密码次数过多：${tried(values)}`,
    remedy: "等待；在此之前正确的密码也无效，设置新密码不会缩短等待",
  },
  password_set: { fact: "用户设有密码，这里无法知道输入是否正确" },
  password_none: { fact: "用户没有密码", remedy: "用 POST /user/change_password_admin 设置密码" },
  app_writes: { fact: "应用接受登录" },
  app_moving: {
    fact: "应用正在迁移，不接受登录：调用方收到 HTTP 503",
    remedy: "等待迁移结束：GET /admin/app/database 显示进度",
  },
  strangers_few: { fact: (values) => `一小时内各处的错误密码未超限；这是${known(values)}` },
  strangers_many: {
    fact: (values) => `一小时内各处的错误密码过多；这是${known(values)}`,
    remedy: "从该用户登录过的地址登录，或等待一小时",
  },
  user_there: { fact: "用户未被删除" },
  user_deleted: { fact: "用户已被删除" },
  user_enabled: { fact: "用户未被封禁" },
  user_disabled: {
    fact: ({ reason = "" }) => `用户已被封禁${reason && `：${reason}`}`,
    remedy: "PUT /user/enable，需要 bans 权限",
  },
  place_unasked: { fact: "没有设备请求位置：用 device_guid 或 platform 指定" },
  place_none: {
    fact: "登录策略没有更多设备的位置，拒绝新设备",
    remedy: "用 /user/kick 踢下一台设备，或修改应用的 sign_in_policy",
  },
  place_free: { fact: "设备有位置" },
  place_taken: { fact: ({ devices }) => `设备有位置：设备 ${devices} 将让出` },
  push_on: { fact: "用户接受推送" },
  push_off: { fact: "用户不接受推送：no_push 为 true", remedy: "用户用 /user/push 将 no_push 设为 false" },
  snooze_none: { fact: "没有暂停推送" },
  snooze_passed: { fact: "没有紧急推送需要遵守的暂停" },
  snooze_lasts: {
    fact: ({ until }) => `用户暂停推送至 ${until}`,
    remedy: "用户用 /user/push/snooze 结束暂停；紧急推送不受影响",
  },
  hours_open: { fact: ({ zone }) => `不在免打扰时段（时区 ${zone}）` },
  hours_shut: {
    fact: ({ zone }) => `处于用户的免打扰时段（时区 ${zone}）`,
    remedy: "用户用 /user/push/limit 或 push_schedule 修改时段；紧急推送不受影响",
  },
  push_tokens: {
    fact: ({ devices = "" }) =>
      `有推送令牌：${devices
        .split(",")
        .map((sn) => (sn === "0" ? "设置" : `设备 ${sn}`))
        .join("、")}`,
  },
  push_tokens_held: {
    fact: "推送渠道曾拒绝所有推送令牌，均已暂缓",
    remedy: "等待，或让应用用 /user/token/bind 绑定新的推送令牌",
  },
  push_tokens_muted: {
    fact: "用户已关闭所有带推送令牌的设备",
    remedy: "用户用 /user/push/device 重新开启",
  },
  push_tokens_none: {
    fact: "已登录的设备都没有推送令牌",
    remedy: "用户登录后，应用用 /user/token/bind 绑定推送令牌",
  },
};

const isFact = (key: string): key is FactKey => Object.hasOwn(zhFacts, key);

/** What a gate went by and what helps, in Chinese; as the service says it where there is no Chinese for it. */
export function toldInChinese({ fact, fact_key, values, remedy }: Told): { fact: string; remedy: string } {
  if (!isFact(fact_key)) return { fact, remedy };
  const text = zhFacts[fact_key];
  return {
    fact: typeof text.fact === "string" ? text.fact : text.fact(values),
    remedy: remedy === "" ? "" : (text.remedy ?? remedy),
  };
}
