// Made by `npm run pages` from the declarations in src/operations. Change those, not this file.

export type Registration = {
  /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
  username: string;
  /** 6–128 characters */
  password: string;
};

export type Settings = {
  /** the user's id, as user_id has it */
  id: number;
  /** the user's id */
  user_id: number;
  /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody): how friend requests are met */
  auth_mode: number;
  /** a text of 0–256 characters: what is asked in auth_mode 2 */
  auth_question: string;
  /** a text of 0–256 characters: what is answered to it */
  auth_answer: string;
  /** true or false: files are downloaded by themselves */
  auto_download: boolean;
  /** true or false: an invitation to a group waits for the user's consent */
  group_confirm: boolean;
  /** true or false: nothing is pushed to the user */
  no_push: boolean;
  /** true or false: a push does not show what it is about */
  no_push_detail: boolean;
  /** an hour, an integer of 0–23: from when nothing is pushed, each day */
  no_push_start_hour: number;
  /** an hour, an integer of 0–23: until when nothing is pushed; no hours where it is the start */
  no_push_end_hour: number;
  /** true or false: a push makes no sound */
  no_sounds: boolean;
  /** a text of 0–64 characters: the name that pushes show */
  push_nick_name: string;
  /** a push token of up to 512 bytes, or "" for none */
  push_token: string;
  /** an hour, an integer of 0–23: from when pushes are silent, each day */
  silence_start_time: number;
  /** an hour, an integer of 0–23: until when pushes are silent; no hours where it is the start */
  silence_end_time: number;
  /** true or false: a push vibrates */
  vibratory: boolean;
  /** the IANA name of a time zone, such as "Asia/Shanghai", or "" for that of the app */
  time_zone: string;
  /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
  push_schedule: Array<PushWindow>;
  /** until when nothing is pushed, in ms since 1970, 0 for none; /user/push/snooze sets it */
  snooze_until: number;
};

export type PushWindow = {
  /** on which days it begins: 1 (Monday) to 7 (Sunday), none of them twice */
  days: Array<number>;
  /** when it begins: a time "00:00"–"23:59" */
  from: string;
  /** when it ends, the next day where that is not after `from`: a time "00:00"–"23:59" */
  to: string;
};

export type Token = {
  /** the access token, up to 128 characters: a secret */
  token: string;
  /** the user's id */
  user_id: number;
  /** when its life is over, in ms since 1970 */
  expire: number;
  /** always "" */
  public_key: string;
  /** the device's serial, from 1, where device_guid was given */
  device_sn?: number | undefined;
};

export type Profile = {
  /** the user's id */
  user_id: number;
  /** the username, 1–64 characters */
  username: string;
  /** an http or https URL of a picture, up to 2048 characters; "" for none */
  avatar: string;
  /** what the user says of itself, up to 512 characters */
  description: string;
  /** the mobile number; "" for none */
  mobile: string;
  /** the e-mail address, up to 254 characters; "" for none */
  email: string;
  /** the nickname, up to 64 characters */
  nick_name: string;
  /** a text for all, up to 16384 bytes of UTF-8, kept byte for byte */
  public_info: string;
  /** a text for the user alone, up to 16384 bytes of UTF-8, kept byte for byte */
  private_info: string;
};

export type SettingsChange = {
  /** an id: an integer from 1 to 9007199254740991 */
  id?: number | undefined;
  /** an id: an integer from 1 to 9007199254740991 */
  user_id?: number | undefined;
  /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody): how friend requests are met */
  auth_mode?: number | undefined;
  /** a text of 0–256 characters: what is asked in auth_mode 2 */
  auth_question?: string | undefined;
  /** a text of 0–256 characters: what is answered to it */
  auth_answer?: string | undefined;
  /** true or false: files are downloaded by themselves */
  auto_download?: boolean | undefined;
  /** true or false: an invitation to a group waits for the user's consent */
  group_confirm?: boolean | undefined;
  /** true or false: nothing is pushed to the user */
  no_push?: boolean | undefined;
  /** true or false: a push does not show what it is about */
  no_push_detail?: boolean | undefined;
  /** an hour, an integer of 0–23: from when nothing is pushed, each day */
  no_push_start_hour?: number | undefined;
  /** an hour, an integer of 0–23: until when nothing is pushed; no hours where it is the start */
  no_push_end_hour?: number | undefined;
  /** true or false: a push makes no sound */
  no_sounds?: boolean | undefined;
  /** a text of 0–64 characters: the name that pushes show */
  push_nick_name?: string | undefined;
  /** a push token of up to 512 bytes, or "" for none */
  push_token?: string | undefined;
  /** an hour, an integer of 0–23: from when pushes are silent, each day */
  silence_start_time?: number | undefined;
  /** an hour, an integer of 0–23: until when pushes are silent; no hours where it is the start */
  silence_end_time?: number | undefined;
  /** true or false: a push vibrates */
  vibratory?: boolean | undefined;
  /** the IANA name of a time zone, such as "Asia/Shanghai", or "" for that of the app */
  time_zone?: string | undefined;
  /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
  push_schedule?: Array<PushWindow> | undefined;
  /** until when nothing is pushed, in ms since 1970, 0 for none; /user/push/snooze sets it */
  snooze_until?: number | undefined;
};

export type Device = {
  /** the device's serial, from 1, among its user's devices */
  device_sn: number;
  /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
  platform: number;
  /** what it signed in with, up to 256 characters */
  user_agent: string;
  /** the user's id */
  user_id: number;
  /** its name, up to 64 characters; "" for none */
  device_name: string;
  /** it has an open socket */
  online: boolean;
  /** when it was heard of last, in ms since 1970 */
  last_active_at: number;
  /** it has a push token */
  push_bound: boolean;
  /** nothing is pushed to it */
  no_push: boolean;
};

export type DeviceReceipt = {
  /** the device's serial, from 1, among its user's devices */
  device_sn: number;
  /** it had an open socket */
  was_online: boolean;
  /** its socket was handed the notice */
  notified: boolean;
};

/** What is called without a token. */
export interface PublicOperations {
  /** Register a user. */
  register: {
    params: Registration;
    answer: {
      data: Settings;
    };
  };
  /** Register a user together with a device, an alias and a push token. */
  registerPush: {
    params: {
      /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
      username: string;
      /** 6–128 characters */
      password: string;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** an alias of up to 64 bytes, or "" for none */
      alias?: string | undefined;
      /** a push token of up to 512 bytes, or "" for none */
      push_token?: string | undefined;
      /** the lower-case hex HMAC-SHA256 of app_id:username:device_guid under the push secret */
      sign?: string | undefined;
    };
    answer: {
      data: Settings;
    };
  };
  /** Sign in with a username, or with a mobile number in its place. */
  signInByName: {
    params: {
      /** the password, 1–1024 characters */
      password: string;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** the device's name, up to 64 characters */
      device_name?: string | undefined;
      /** a username of 1–254 characters; or mobile stands in its place */
      name?: string | undefined;
      /** a mobile number of 1–254 characters, in place of name */
      mobile?: string | undefined;
    };
    answer: {
      data: Token;
    };
  };
  /** Sign in with a user id. */
  signInById: {
    params: {
      /** the password, 1–1024 characters */
      password: string;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** the device's name, up to 64 characters */
      device_name?: string | undefined;
      /** an id: an integer from 1 to 9007199254740991 */
      user_id: number;
    };
    answer: {
      data: Token;
    };
  };
  /** Sign in with a username, mobile number or e-mail address. */
  signIn: {
    params: {
      /** the password, 1–1024 characters */
      password: string;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** the device's name, up to 64 characters */
      device_name?: string | undefined;
      /** a username, mobile number or e-mail address of 1–254 characters */
      login_name: string;
    };
    answer: {
      data: Token;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const publicRoutes = {
  register: "POST /user/register/v2",
  registerPush: "POST /user/register/push",
  signInByName: "POST /token/user",
  signInById: "POST /token/id",
  signIn: "POST /token/login",
} as const;

/** What a signed-in user calls, and an admin on behalf of one. */
export interface UserOperations {
  /** Delete the user and all that is the user's. */
  deleteUser: {
    params: {
      /** the password, 1–1024 characters */
      password?: string | undefined;
    };
    answer: {
      data: true;
    };
  };
  /** Change the username. The user's other devices hear of it. */
  rename: {
    params: {
      /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
      username: string;
    };
    answer: {
      data: true;
    };
  };
  /** Change the password; every other session of the user ends. */
  changePassword: {
    params: {
      /** the password, 1–1024 characters */
      old_password: string;
      /** 6–128 characters */
      new_password: string;
    };
    answer: {
      data: true;
    };
  };
  /** Set the avatar. The user's other devices hear of it. */
  setAvatar: {
    params: {
      /** an http or https URL of up to 2048 characters, or "" for none */
      avatar: string;
    };
    answer: {
      data: true;
    };
  };
  /** Set the nickname. The user's other devices hear of it. */
  setNickName: {
    params: {
      /** a text of 0–64 characters */
      nick_name: string;
    };
    answer: {
      data: true;
    };
  };
  /** Set the mobile number. The user's other devices hear of it. */
  setMobile: {
    params: {
      /** a mobile number, + and 8–15 digits or a mainland number 1[3-9]…, or "" for none */
      mobile: string;
    };
    answer: {
      data: true;
    };
  };
  /** Set the public info: the body as it is. The user's other devices hear of it. */
  setPublicInfo: {
    params: {
      /** a text of up to 16384 bytes of UTF-8 */
      text: string;
    };
    answer: {
      data: true;
    };
  };
  /** Set the private info: the body as it is. The user's other devices hear of it. */
  setPrivateInfo: {
    params: {
      /** a text of up to 16384 bytes of UTF-8 */
      text: string;
    };
    answer: {
      data: true;
    };
  };
  /** Change the profile; a field left out stays as it is. The user's other devices hear of it. */
  setProfile: {
    params: {
      /** a text of 0–64 characters */
      nick_name?: string | undefined;
      /** a text of 0–512 characters */
      description?: string | undefined;
      /** a text of up to 16384 bytes of UTF-8 */
      public_info?: string | undefined;
      /** a text of up to 16384 bytes of UTF-8 */
      private_info?: string | undefined;
      /** an e-mail address of up to 254 characters, or "" for none */
      email?: string | undefined;
    };
    answer: {
      data: true;
    };
  };
  /** Read the profile. */
  getProfile: {
    params: object;
    answer: {
      data: Profile;
    };
  };
  /** Set auto_download: whether files are downloaded by themselves. The user's other devices hear of it. */
  setDownload: {
    params: {
      /** true or false: files are downloaded by themselves */
      value: boolean;
    };
    answer: {
      data: true;
    };
  };
  /** Set auth_mode: how friend requests are met. The user's other devices hear of it. */
  setAuthMode: {
    params: {
      /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody): how friend requests are met */
      value: number;
    };
    answer: {
      data: true;
    };
  };
  /** Change settings; a field left out stays as it is. The user's other devices hear of it. */
  setSettings: {
    params: SettingsChange;
    answer: {
      data: true;
    };
  };
  /** Read all 17 settings, and the time zone, the schedule and the snooze of pushes. */
  getSettings: {
    params: object;
    answer: {
      data: Settings;
    };
  };
  /** Bind a push token to a device, and take it from whoever had it. */
  bindToken: {
    params: {
      /** a device's serial: an integer from 1 */
      device_sn: number;
      /** the device's push token, 1–512 bytes */
      device_token: string;
      /** the name of the notifier, 1–64 characters */
      notifier_name: string;
    };
    answer: {
      data: true;
    };
  };
  /** Take the push token off a device. */
  unbindToken: {
    params: {
      /** a device's serial: an integer from 1 */
      deviceSn: number;
    };
    answer: {
      data: true;
    };
  };
  /** Set the push alias and, where given, the push token of the settings. The user's other devices hear of it. */
  setAlias: {
    params: {
      /** an alias of up to 64 bytes, or "" for none */
      alias: string;
      /** a push token of up to 512 bytes, or "" for none */
      push_token?: string | undefined;
    };
    answer: {
      data: true;
    };
  };
  /** Read the push alias and the push token of the settings. */
  getAlias: {
    params: object;
    answer: {
      data: {
        /** the push alias, up to 64 bytes; "" for none */
        alias: string;
        /** the push token of the settings, up to 512 bytes; "" for none */
        push_token: string;
      };
    };
  };
  /** Add push tags; a user has up to 100. */
  addTags: {
    params: {
      /** a list of 1–100 tags */
      tags: Array<string>;
    };
    answer: {
      data: true;
    };
  };
  /** Remove push tags; one that is not there is no error. */
  removeTags: {
    params: {
      /** a list of 1–100 tags */
      tags: Array<string>;
    };
    answer: {
      data: true;
    };
  };
  /** Remove all push tags. */
  removeAllTags: {
    params: object;
    answer: {
      data: true;
    };
  };
  /** List the push tags in code-point order. */
  listTags: {
    params: object;
    answer: {
      /** the tags, in code-point order: up to 100 */
      data: Array<string>;
    };
  };
  /** Set the badge. */
  setBadge: {
    params: {
      /** an integer from 0 */
      badge: number;
    };
    answer: {
      data: true;
    };
  };
  /** Read the badge. */
  getBadge: {
    params: object;
    answer: {
      /** the badge: an integer from 0 */
      data: number;
    };
  };
  /** Set the hours without push; equal hours for none. The user's other devices hear of it. */
  setPushLimit: {
    params: {
      /** an hour, an integer of 0–23: from when nothing is pushed, each day */
      no_push_start_hour: number;
      /** an hour, an integer of 0–23: until when nothing is pushed; no hours where it is the start */
      no_push_end_hour: number;
    };
    answer: {
      data: true;
    };
  };
  /** Have nothing pushed until an instant; 0 ends it. The user's other devices hear of it. */
  setSnooze: {
    params: {
      /** an instant in ms since 1970, at most 31 days ahead; 0 for none */
      until: number;
    };
    answer: {
      data: true;
    };
  };
  /** Set push_nick_name: the name that pushes show. The user's other devices hear of it. */
  setPushNickName: {
    params: {
      /** a text of 0–64 characters: the name that pushes show */
      nick_name: string;
    };
    answer: {
      data: true;
    };
  };
  /** Set no_sounds: whether a push is silent. The user's other devices hear of it. */
  setSounds: {
    params: {
      /** true or false: a push makes no sound */
      value: boolean;
    };
    answer: {
      data: true;
    };
  };
  /** Set vibratory: whether a push vibrates. The user's other devices hear of it. */
  setVibratory: {
    params: {
      /** true or false: a push vibrates */
      value: boolean;
    };
    answer: {
      data: true;
    };
  };
  /** Set no_push: true for no push at all. The user's other devices hear of it. */
  setPush: {
    params: {
      /** true or false: nothing is pushed to the user */
      value: boolean;
    };
    answer: {
      data: true;
    };
  };
  /** Set no_push_detail: true for pushes without details. The user's other devices hear of it. */
  setPushDetail: {
    params: {
      /** true or false: a push does not show what it is about */
      value: boolean;
    };
    answer: {
      data: true;
    };
  };
  /** Have nothing pushed to a device, or have it pushed again. */
  muteDevice: {
    params: {
      /** a device's serial: an integer from 1 */
      device_sn: number;
      /** true or false: nothing is pushed to the device */
      no_push: boolean;
    };
    answer: {
      data: true;
    };
  };
  /** List the user's devices. */
  listDevices: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 100 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<Device>;
      /** the version of the list: it grows with every change of it */
      version: number;
      /** where the next page begins; absent on the last page */
      cursor?: string | undefined;
    };
  };
  /** Sign a device out and take it off the list. */
  removeDevice: {
    params: {
      /** a device's serial: an integer from 1 */
      device_sn: number;
    };
    answer: {
      data: true;
    };
  };
  /** Sign a device out, or every device where none is named; they stay listed. */
  kick: {
    params: {
      /** a device's serial: an integer from 1 */
      device_sn?: number | undefined;
    };
    answer: {
      data: true;
      /** the devices that were signed out, by serial */
      results: Array<DeviceReceipt>;
    };
  };
  /** Ask what the sign-in policy would say to a device that signed in now. */
  tryPolicy: {
    params: {
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform: number;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
    };
    answer: {
      data: {
        /** the device might sign in */
        admitted: boolean;
        /** the serials of the devices that would be signed out */
        displaced: Array<number>;
      };
    };
  };
  /** Say whether any device of the user is connected. */
  onlineStatus: {
    params: object;
    answer: {
      data: {
        /** any device of the user has an open socket */
        online: boolean;
      };
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const userRoutes = {
  deleteUser: "POST /user/delete",
  rename: "POST /user/username",
  changePassword: "POST /user/change_password",
  setAvatar: "POST /user/avatar",
  setNickName: "POST /user/nickname",
  setMobile: "POST /user/mobile",
  setPublicInfo: "POST /user/public text",
  setPrivateInfo: "POST /user/private text",
  setProfile: "POST /user/profile",
  getProfile: "GET /user/profile",
  setDownload: "POST /user/download",
  setAuthMode: "POST /user/authmode",
  setSettings: "POST /user/settings",
  getSettings: "GET /user/settings",
  bindToken: "POST /user/token/bind",
  unbindToken: "POST /user/token/unbind",
  setAlias: "POST /user/push/alias",
  getAlias: "GET /user/push/alias",
  addTags: "POST /user/push/tag",
  removeTags: "DELETE /user/push/tag",
  removeAllTags: "DELETE /user/push/tag/all",
  listTags: "GET /user/push/tag",
  setBadge: "POST /user/push/badge",
  getBadge: "GET /user/push/badge",
  setPushLimit: "POST /user/push/limit",
  setSnooze: "POST /user/push/snooze",
  setPushNickName: "POST /user/push/nickname",
  setSounds: "POST /user/sounds",
  setVibratory: "POST /user/vibratory",
  setPush: "POST /user/push",
  setPushDetail: "POST /user/push/detail",
  muteDevice: "POST /user/push/device",
  listDevices: "GET /user/device/list",
  removeDevice: "POST /user/device/remove",
  kick: "POST /user/kick",
  tryPolicy: "GET /user/device/policy",
  onlineStatus: "GET /user/online_status",
} as const;

/** What only the user's own session calls. */
export interface SessionOperations {
  /** End the caller's session: its token and its socket are dead. */
  signOut: {
    params: object;
    answer: {
      data: true;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const sessionRoutes = {
  signOut: "POST /token/logout",
} as const;

/** The name of a refusal. */
export type RefusalReason =
  | "token_expired"
  | "user_unknown"
  | "parameter_wrong"
  | "token_missing"
  | "username_taken"
  | "name_taken"
  | "app_taken"
  | "token_invalid"
  | "forbidden"
  | "mobile_taken"
  | "email_taken"
  | "too_many_failures"
  | "user_disabled"
  | "device_unknown"
  | "too_many_devices"
  | "credentials_wrong"
  | "group_unknown"
  | "app_unknown"
  | "registration_closed"
  | "app_suspended";
