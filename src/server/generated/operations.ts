// Made by `npm run pages` from the declarations in src/operations. Change those, not this file.

/** What an admin token calls. */
export interface AdminOperations {
  /** Register up to 100 users; each row succeeds or fails by itself. */
  registerBatch: {
    params: {
      /** a list of 1–100 rows */
      list: Array<{
        /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
        username: string;
        /** 6–128 characters */
        password: string;
      }>;
    };
    answer: {
      data: Array<{
        user_id: number;
        username: string;
        success: boolean;
        reason: string;
      }>;
    };
  };
  /** Set the avatars of up to 100 users. */
  setAvatars: {
    params: {
      /** a list of 1–100 rows */
      list: Array<{
        /** an id: an integer from 1 to 9007199254740991 */
        user_id: number;
        /** an http or https URL of up to 2048 characters, or "" for none */
        avatar: string;
      }>;
    };
    answer: {
      data: Array<{
        user_id: number;
        success: boolean;
        reason: string;
      }>;
    };
  };
  /** Change the profiles of up to 100 users. */
  setProfiles: {
    params: {
      /** a list of 1–100 rows */
      list: Array<{
        /** an id: an integer from 1 to 9007199254740991 */
        user_id: number;
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
      }>;
    };
    answer: {
      data: Array<{
        user_id: number;
        success: boolean;
        reason: string;
      }>;
    };
  };
  /** Ask whether users may be pushed now, on which devices and with which push tokens. */
  routePush: {
    params: {
      /** a list of 1–100 user ids */
      list: Array<number>;
      urgent?: boolean | undefined;
      skip_online?: boolean | undefined;
      /** {add}: an integer of 0–1000, which is added to each user's badge */
      badge?: {
        /** an integer of 0–1000 */
        add: number;
      } | undefined;
      /** an instant in ms since 1970, up to 253402300799999 */
      at?: number | undefined;
    };
    answer: {
      data: Array<{
        user_id: number;
        push: boolean;
        /** why nothing is to be pushed; "" where it is */
        reason: "" | "user_unknown" | "user_disabled" | "push_off" | "snoozed" | "do_not_disturb" | "no_device";
        /** when a push would be let through (ms); null where time alone does not lift it */
        until: number | null;
        badge: number;
        devices: Array<{
          /** 0 for the push token of the settings */
          device_sn: number;
          platform: number;
          notifier_name: string;
          device_token: string;
          binding_id: string;
          online: boolean;
          /** what the push calls the user */
          nick_name: string;
          /** the push may show what it is about */
          detail: boolean;
          sound: boolean;
          vibrate: boolean;
        }>;
      }>;
    };
  };
  /** Say what providers made of pushes: dead push tokens are released, refused ones held back. */
  pushFeedback: {
    params: {
      /** a list of 1–500 rows */
      list: Array<{
        /** a binding_id as /admin/push/route gives it, 1–128 characters */
        binding_id: string;
        /** "unregistered", "bad_token" or "delivered" */
        result: "unregistered" | "bad_token" | "delivered";
        /** when the provider says that it was so, in ms since 1970; now where it is left out */
        at?: number | undefined;
      }>;
    };
    answer: {
      data: Array<{
        binding_id: string;
        /** this report released the push token */
        released: boolean;
      }>;
    };
  };
  /** List the app's users by id, page by page or by cursor, of a status; or by name those whose name begins so. */
  listUsers: {
    params: {
      /** a page's number: an integer from 1 */
      page_num?: number | undefined;
      /** an integer of 1–200; 50 where it is left out */
      page_size?: number | undefined;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** 0 (normal) or 1 (disabled) */
      status?: number | undefined;
      /** the beginning of a username, 1–64 characters */
      keyword?: string | undefined;
    };
    answer: {
      data: Array<{
        user_id: number;
        username: string;
        status: number;
      }>;
      /** with a keyword, counted among the first 1000 names that begin so */
      total: number;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** Find users by id, external_id, mobile, e-mail or the beginning of the name, in this order. */
  findUsers: {
    params: {
      /** whom to find: an id, an external_id, a mobile number, an e-mail address or the beginning of a username, 1–256 characters */
      q: string;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<{
        user_id: number;
        username: string;
        nick_name: string;
        mobile: string;
        email: string;
        external_id: string | null;
        /** 0 (normal) or 1 (disabled), at this moment */
        status: number;
        /** ms since 1970 */
        created_at: number;
        /** what of the user q is, the first of these; name: what the name begins with */
        matched_by: "token" | "id" | "external_id" | "mobile" | "email" | "name";
      }>;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** The same with q in the body: it may also be a user's token, which belongs in no log. */
  findUsersBy: {
    params: {
      /** whom to find: an id, an external_id, a mobile number, an e-mail address or the beginning of a username, 1–256 characters */
      q: string;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<{
        user_id: number;
        username: string;
        nick_name: string;
        mobile: string;
        email: string;
        external_id: string | null;
        /** 0 (normal) or 1 (disabled), at this moment */
        status: number;
        /** ms since 1970 */
        created_at: number;
        /** what of the user q is, the first of these; name: what the name begins with */
        matched_by: "token" | "id" | "external_id" | "mobile" | "email" | "name";
      }>;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** Say how the app is, and what the caller's token may do. */
  overview: {
    params: object;
    answer: {
      data: {
        /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
        app_id: string;
        name: string;
        time_zone: string;
        token: {
          name: string;
          role: "viewer" | "support" | "moderator" | "push" | "operator" | "owner";
          scopes: Array<"read" | "sessions" | "explain" | "bans" | "profile" | "act" | "push" | "import" | "export" | "export_secrets" | "webhooks" | "groups">;
          /** ms since 1970; null for never */
          expire: number | null;
        };
        users: number;
        disabled: number;
        /** signals that hubs have not taken, among the 100 oldest of the app's database */
        owed: number;
        /** since when the oldest of them waits (ms) */
        owed_since: number | null;
        /** webhook events on their way, counted up to 100 */
        events_waiting: number;
        /** webhook events that were given up, counted up to 100 */
        events_dead: number;
      };
    };
  };
  /** Make users of up to 500 lines of JSON, or change them; each row succeeds or fails by itself. */
  importUsers: {
    params: {
      /** "insert" (who is there is not changed) or "upsert" (who is there by external_id is changed) */
      mode?: "insert" | "upsert" | undefined;
      dry_run?: boolean | undefined;
      /** 1–500 lines of JSON */
      rows: Array<{
        /** the user's id in another system, 1–128 characters */
        external_id?: string | undefined;
        /** ignored: an export says it */
        user_id?: unknown | undefined;
        /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
        username: string;
        /** 6–128 characters */
        password?: string | undefined;
        /** a hash as its source has it, a text or an object */
        password_hash?: string | Record<string, unknown> | undefined;
        /** 0 (normal) or 1 (disabled) */
        status?: number | undefined;
        /** {"reason"?, "note"?, "until"?}: up to 256 and up to 1024 characters, and an instant in ms since 1970 */
        ban?: {
          /** a text of 0–256 characters */
          reason?: string | undefined;
          /** a text of 0–1024 characters */
          note?: string | undefined;
          until?: number | null | undefined;
        } | undefined;
        /** an instant in ms since 1970 */
        created_at?: number | undefined;
        /** an http or https URL of up to 2048 characters, or "" for none */
        avatar?: string | undefined;
        /** a text of 0–64 characters */
        nick_name?: string | undefined;
        /** a text of 0–512 characters */
        description?: string | undefined;
        /** a mobile number, + and 8–15 digits or a mainland number 1[3-9]…, or "" for none */
        mobile?: string | undefined;
        /** an e-mail address of up to 254 characters, or "" for none */
        email?: string | undefined;
        /** a text of up to 16384 bytes of UTF-8 */
        public_info?: string | undefined;
        /** a text of up to 16384 bytes of UTF-8 */
        private_info?: string | undefined;
        /** an object of settings, each as /user/settings takes it, and no other fields */
        settings?: {
          /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody) */
          auth_mode?: number | undefined;
          /** a text of 0–256 characters */
          auth_question?: string | undefined;
          /** a text of 0–256 characters */
          auth_answer?: string | undefined;
          auto_download?: boolean | undefined;
          group_confirm?: boolean | undefined;
          no_push?: boolean | undefined;
          no_push_detail?: boolean | undefined;
          /** an hour: an integer of 0–23 */
          no_push_start_hour?: number | undefined;
          /** an hour: an integer of 0–23 */
          no_push_end_hour?: number | undefined;
          no_sounds?: boolean | undefined;
          /** a text of 0–64 characters */
          push_nick_name?: string | undefined;
          /** a push token of up to 512 bytes, or "" for none */
          push_token?: string | undefined;
          /** an hour: an integer of 0–23 */
          silence_start_time?: number | undefined;
          /** an hour: an integer of 0–23 */
          silence_end_time?: number | undefined;
          vibratory?: boolean | undefined;
          /** the IANA name of a time zone, such as "Asia/Shanghai", or "" for that of the app */
          time_zone?: string | undefined;
          /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
          push_schedule?: Array<{
            days: Array<number>;
            from: string;
            to: string;
          }> | undefined;
        } | undefined;
        /** {"alias"?, "tags"?, "badge"?}: up to 64 bytes, up to 100 tags of 1–64 bytes, an integer from 0 */
        push?: {
          /** an alias of up to 64 bytes, or "" for none */
          alias?: string | undefined;
          tags?: Array<string> | undefined;
          /** an integer of 0–9007199254740991 */
          badge?: number | undefined;
        } | undefined;
        /** up to 100 of {"device_sn"?, "device_guid", "platform"?, "device_name"?}, each guid once */
        devices?: Array<{
          /** a device's serial: an integer from 1 */
          device_sn?: number | undefined;
          /** the device's own id, 1–128 characters */
          device_guid: string;
          /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
          platform?: number | undefined;
          /** the device's name, up to 64 characters */
          device_name?: string | undefined;
        }> | undefined;
      }>;
    };
    answer: {
      data: Array<{
        row: number;
        external_id: string | null;
        user_id: number;
        username: string;
        result: "created" | "updated" | "unchanged" | "failed";
        reason: string;
      }>;
    };
  };
  /** Give the app's users as the import takes them, by id, a line each; the last line is {"cursor"} or {"end":true,"count"}. */
  exportUsers: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–1000, which is also meant where it is left out */
      limit?: number | undefined;
      hashes?: boolean | undefined;
    };
    answer: {
      data: Array<{
        /** the user's id in another system, 1–128 characters */
        external_id?: string | undefined;
        /** ignored: an export says it */
        user_id?: unknown | undefined;
        /** 1–64 of letters a–z A–Z, digits, _ and Chinese characters, not digits alone, not beginning with mta or maxim */
        username: string;
        /** 6–128 characters */
        password?: string | undefined;
        /** a hash as its source has it, a text or an object */
        password_hash?: string | Record<string, unknown> | undefined;
        /** 0 (normal) or 1 (disabled) */
        status?: number | undefined;
        /** {"reason"?, "note"?, "until"?}: up to 256 and up to 1024 characters, and an instant in ms since 1970 */
        ban?: {
          /** a text of 0–256 characters */
          reason?: string | undefined;
          /** a text of 0–1024 characters */
          note?: string | undefined;
          until?: number | null | undefined;
        } | undefined;
        /** an instant in ms since 1970 */
        created_at?: number | undefined;
        /** an http or https URL of up to 2048 characters, or "" for none */
        avatar?: string | undefined;
        /** a text of 0–64 characters */
        nick_name?: string | undefined;
        /** a text of 0–512 characters */
        description?: string | undefined;
        /** a mobile number, + and 8–15 digits or a mainland number 1[3-9]…, or "" for none */
        mobile?: string | undefined;
        /** an e-mail address of up to 254 characters, or "" for none */
        email?: string | undefined;
        /** a text of up to 16384 bytes of UTF-8 */
        public_info?: string | undefined;
        /** a text of up to 16384 bytes of UTF-8 */
        private_info?: string | undefined;
        /** an object of settings, each as /user/settings takes it, and no other fields */
        settings?: {
          /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody) */
          auth_mode?: number | undefined;
          /** a text of 0–256 characters */
          auth_question?: string | undefined;
          /** a text of 0–256 characters */
          auth_answer?: string | undefined;
          auto_download?: boolean | undefined;
          group_confirm?: boolean | undefined;
          no_push?: boolean | undefined;
          no_push_detail?: boolean | undefined;
          /** an hour: an integer of 0–23 */
          no_push_start_hour?: number | undefined;
          /** an hour: an integer of 0–23 */
          no_push_end_hour?: number | undefined;
          no_sounds?: boolean | undefined;
          /** a text of 0–64 characters */
          push_nick_name?: string | undefined;
          /** a push token of up to 512 bytes, or "" for none */
          push_token?: string | undefined;
          /** an hour: an integer of 0–23 */
          silence_start_time?: number | undefined;
          /** an hour: an integer of 0–23 */
          silence_end_time?: number | undefined;
          vibratory?: boolean | undefined;
          /** the IANA name of a time zone, such as "Asia/Shanghai", or "" for that of the app */
          time_zone?: string | undefined;
          /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
          push_schedule?: Array<{
            days: Array<number>;
            from: string;
            to: string;
          }> | undefined;
        } | undefined;
        /** {"alias"?, "tags"?, "badge"?}: up to 64 bytes, up to 100 tags of 1–64 bytes, an integer from 0 */
        push?: {
          /** an alias of up to 64 bytes, or "" for none */
          alias?: string | undefined;
          tags?: Array<string> | undefined;
          /** an integer of 0–9007199254740991 */
          badge?: number | undefined;
        } | undefined;
        /** up to 100 of {"device_sn"?, "device_guid", "platform"?, "device_name"?}, each guid once */
        devices?: Array<{
          /** a device's serial: an integer from 1 */
          device_sn?: number | undefined;
          /** the device's own id, 1–128 characters */
          device_guid: string;
          /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
          platform?: number | undefined;
          /** the device's name, up to 64 characters */
          device_name?: string | undefined;
        }> | undefined;
      }>;
      /** there as long as there is more */
      cursor?: string | undefined;
      /** with the last page: how many there were in all */
      count?: number | undefined;
    };
  };
  /** Disable users: none of them can call, connect or stay connected when this succeeds. */
  disableUsers: {
    params: {
      /** a list of 1–100 rows */
      list: Array<number>;
      /** a text of 0–256 characters */
      reason?: string | undefined;
      /** an instant in ms since 1970 */
      until?: number | undefined;
      /** a text of 0–1024 characters */
      note?: string | undefined;
    };
    answer: {
      /** true only where every row succeeded */
      data: boolean;
      results: Array<{
        user_id: number;
        success: boolean;
        reason: string;
        devices: Array<{
          device_sn: number;
          /** it had an open socket */
          was_online: boolean;
          /** its socket was handed the notice */
          notified: boolean;
        }>;
      }>;
    };
  };
  /** Enable users: they can sign in again; older tokens stay dead. */
  enableUsers: {
    params: {
      /** a list of 1–100 rows */
      list: Array<number>;
    };
    answer: {
      /** true only where every row succeeded */
      data: boolean;
      results: Array<{
        user_id: number;
        success: boolean;
        reason: string;
        devices: Array<{
          device_sn: number;
          /** it had an open socket */
          was_online: boolean;
          /** its socket was handed the notice */
          notified: boolean;
        }>;
      }>;
    };
  };
  /** List the bans there were, newest first. */
  listBans: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<{
        id: number;
        user_id: number;
        reason: string;
        note: string;
        until: number | null;
        banned_at: number;
        banned_by: string;
        lifted_at: number | null;
        lifted_by: string | null;
      }>;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** List who did what for whom, newest first; kept 180 days. */
  listAudit: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** who: "admin:<name>", "user:<id>", "root" or "system" */
      caller?: string | undefined;
      /** what: an operation's id, or session.<event> */
      operation?: string | undefined;
      /** an instant in ms since 1970 */
      since?: number | undefined;
      /** an instant in ms since 1970 */
      until?: number | undefined;
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<{
        id: number;
        caller: string;
        subject: number | null;
        device_sn: number | null;
        operation: string;
        reason: string;
        at: number;
        address: string;
        request_id: string;
      }>;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** List the webhook events that were given up; kept 30 days. */
  listDeadEvents: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<{
        id: string;
        type: string;
        data: Record<string, unknown>;
        created_at: number;
        dead_at: number | null;
        last_error: string;
      }>;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** List the tries to deliver webhook events, newest first; kept 7 days. */
  listDeliveries: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: Array<{
        /** the webhook-id */
        event_id: string;
        type: string;
        /** which try of the event it was: from 1 */
        try: number;
        /** when it began, in ms since 1970 */
        at: number;
        delivered: boolean;
        /** the HTTP status of the answer; 0 where there was none */
        status: number;
        /** why there was none; "" where there was */
        error: string;
        /** how long it took */
        ms: number;
      }>;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
  /** Send webhook events anew that were given up: those that are named, or the 100 that were first since an instant. */
  replayEvents: {
    params: {
      /** a list of 1–100 ids of events that were given up */
      ids?: Array<string> | undefined;
      /** an instant in ms since 1970: events that were given up then or later */
      since?: number | undefined;
    };
    answer: {
      /** the ids of the events that are sent anew; of those that were named, the others are not dead */
      data: Array<string>;
      /** call again: there may be more since then */
      more: boolean;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const adminRoutes = {
  registerBatch: "POST /user/register/batch",
  setAvatars: "POST /user/avatar/batch",
  setProfiles: "POST /user/profile/batch",
  routePush: "POST /admin/push/route",
  pushFeedback: "POST /admin/push/feedback",
  listUsers: "GET /user/list",
  findUsers: "GET /admin/users",
  findUsersBy: "POST /admin/users",
  overview: "GET /admin/overview",
  importUsers: "POST /admin/import rows",
  exportUsers: "GET /admin/export lines",
  disableUsers: "PUT /user/disable",
  enableUsers: "PUT /user/enable",
  listBans: "GET /admin/bans",
  listAudit: "GET /admin/audit",
  listDeadEvents: "GET /admin/webhooks/dead",
  listDeliveries: "GET /admin/webhooks/deliveries",
  replayEvents: "POST /admin/webhooks/replay",
} as const;

/** What an admin token calls on behalf of a user, and no user does. */
export interface SubjectOperations {
  /** Set a user's password; every session of the user ends. */
  setPassword: {
    params: {
      /** 6–128 characters */
      password: string;
    };
    answer: {
      data: true;
    };
  };
  /** Read all that is known of a user; cursor and limit page through the sessions that have ended. */
  readPicture: {
    params: {
      /** a cursor that an earlier page gave */
      cursor?: string | undefined;
      /** an integer of 1–200; 50 where it is left out */
      limit?: number | undefined;
    };
    answer: {
      data: {
        user_id: number;
        external_id: string | null;
        /** when the user was registered, in ms since 1970 */
        created_at: number;
        profile: {
          user_id: number;
          username: string;
          avatar: string;
          description: string;
          mobile: string;
          email: string;
          nick_name: string;
          public_info: string;
          private_info: string;
        };
        settings: {
          /** 0 (anyone), 1 (confirm), 2 (question) or 3 (nobody) */
          auth_mode: number;
          auth_question: string;
          auth_answer: string;
          auto_download: boolean;
          group_confirm: boolean;
          no_push: boolean;
          no_push_detail: boolean;
          no_push_start_hour: number;
          no_push_end_hour: number;
          no_sounds: boolean;
          push_nick_name: string;
          /** the push token without its middle; "" for none */
          push_token: string;
          silence_start_time: number;
          silence_end_time: number;
          vibratory: boolean;
          time_zone: string;
          /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
          push_schedule: Array<{
            days: Array<number>;
            from: string;
            to: string;
          }>;
          snooze_until: number;
          alias: string;
          badge: number;
        };
        status: {
          /** 0 (normal) or 1 (disabled), at this moment */
          status: number;
          /** the ban in force */
          ban: {
            id: number;
            /** shown to the user */
            reason: string;
            /** for staff */
            note: string;
            /** when it lifts itself; null for never, in ms since 1970 */
            until: number | null;
            /** since when, in ms since 1970 */
            banned_at: number;
            banned_by: string;
            /** null while it is in force, in ms since 1970 */
            lifted_at: number | null;
            lifted_by: string | null;
          } | null;
        };
        /** the bans so far, newest first: 20 at most, the one in force among them */
        bans: Array<{
          id: number;
          /** shown to the user */
          reason: string;
          /** for staff */
          note: string;
          /** when it lifts itself; null for never, in ms since 1970 */
          until: number | null;
          /** since when, in ms since 1970 */
          banned_at: number;
          banned_by: string;
          /** null while it is in force, in ms since 1970 */
          lifted_at: number | null;
          lifted_by: string | null;
        }>;
        /** any device has an open socket */
        online: boolean;
        /** by serial: 200 at most */
        devices: Array<{
          device_sn: number;
          device_guid: string | null;
          platform: number;
          device_name: string;
          user_agent: string;
          /** it has an open socket */
          online: boolean;
          /** when it was heard of last, in ms since 1970 */
          last_active_at: number;
          /** it has a push token */
          push_bound: boolean;
          /** nothing is pushed to it */
          no_push: boolean;
        }>;
        /** those that live, the newest first: 400 at most */
        sessions: Array<{
          /** the session's own id; no token */
          id: string;
          /** null where it has no device */
          device_sn: number | null;
          /** when it signed in, in ms since 1970 */
          signed_in_at: number;
          /** when it ends of itself, in ms since 1970 */
          expires_at: number;
          /** where it signed in from; "" where that was not kept yet */
          address: string;
          /** what it signed in with */
          user_agent: string;
        }>;
        push: {
          bindings: Array<{
            device_sn: number;
            notifier_name: string;
            /** the push token without its middle */
            device_token: string;
            binding_id: string;
            /** since when, in ms since 1970 */
            bound_at: number;
            /** until when it is held back; null where no provider has refused it, in ms since 1970 */
            held_until: number | null;
          }>;
          /** that of the settings */
          settings_token: {
            /** the push token without its middle */
            push_token: string;
            binding_id: string;
            /** since when, in ms since 1970 */
            bound_at: number;
            /** until when it is held back; null where no provider has refused it, in ms since 1970 */
            held_until: number | null;
          } | null;
          tags: Array<string>;
          no_push: boolean;
          /** a list of up to 14 windows {days, from, to}: days a list of 1 (Monday) to 7 (Sunday), none of them twice; from and to a time "00:00"–"23:59" */
          push_schedule: Array<{
            days: Array<number>;
            from: string;
            to: string;
          }>;
          /** until when nothing is pushed, in ms since 1970; 0 for none */
          snooze_until: number;
          /** the zone of all hours: the user's, or else the app's */
          time_zone: string;
        };
        /** what the user's hub has still to be told, in its order: 100 at most */
        owed: Array<{
          epoch: number;
          kind: string;
          /** since when it waits, in ms since 1970 */
          since: number;
        }>;
      };
      /** within 90 days, newest first; each is here a second or two after its end */
      sessions_ended: Array<{
        /** of the record of the end */
        id: string;
        device_sn: number | null;
        /** what ended it: logout, kicked, replaced, device_removed, password_changed, disabled, deleted, expired */
        event: string;
        reason: string;
        /** "admin:<name>", "user:<id>", "root" or "system" */
        by: string;
        /** when, in ms since 1970 */
        at: number;
        /** where it was ended from; "" where time ended it */
        address: string;
        request_id: string;
      }>;
      /** there as long as there may be more, be the page short or empty */
      cursor?: string | undefined;
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const subjectRoutes = {
  setPassword: "POST /user/change_password_admin",
  readPicture: "GET /admin/user",
} as const;

/** What the root key calls. */
export interface RootOperations {
  /** List the apps. */
  listApps: {
    params: object;
    answer: {
      data: Array<{
        /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
        app_id: string;
        /** a text of 0–64 characters */
        name: string;
        /** 0 (normal) or 1 (suspended) */
        status: number;
        /** "open" or "closed" */
        registration: "open" | "closed";
        /** seconds: an integer of 1–316224000 */
        token_ttl: number;
        /** {"limits":{"mobile"?,"desktop"?,"web"?,"total"?},"overflow":"kick_oldest" or "refuse_new"}, each limit an integer of 1–10000 */
        sign_in_policy: {
          limits: {
            /** a number of devices: an integer of 1–10000 */
            mobile?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            desktop?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            web?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            total?: number | undefined;
          };
          overflow: "kick_oldest" | "refuse_new";
        };
        /** seconds, or 0 for never: an integer of 0–316224000 */
        device_ttl: number;
        /** an http or https URL of up to 2048 characters, or "" for none */
        webhook_url: string;
        /** up to 100 origins of up to 256 characters each; ["*"] for any */
        allowed_origins: Array<string>;
        /** the IANA name of a time zone, such as "Asia/Shanghai" */
        time_zone: string;
        /** where the app's users stand: 0 for the directory, k for USERS_k, which must be bound */
        database: number;
      }>;
    };
  };
  /** Make an app. */
  createApp: {
    params: {
      /** a text of 0–64 characters */
      name?: string | undefined;
      /** 0 (normal) or 1 (suspended) */
      status?: number | undefined;
      /** "open" or "closed" */
      registration?: "open" | "closed" | undefined;
      /** seconds: an integer of 1–316224000 */
      token_ttl?: number | undefined;
      /** {"limits":{"mobile"?,"desktop"?,"web"?,"total"?},"overflow":"kick_oldest" or "refuse_new"}, each limit an integer of 1–10000 */
      sign_in_policy?: {
        limits: {
          /** a number of devices: an integer of 1–10000 */
          mobile?: number | undefined;
          /** a number of devices: an integer of 1–10000 */
          desktop?: number | undefined;
          /** a number of devices: an integer of 1–10000 */
          web?: number | undefined;
          /** a number of devices: an integer of 1–10000 */
          total?: number | undefined;
        };
        overflow: "kick_oldest" | "refuse_new";
      } | undefined;
      /** seconds, or 0 for never: an integer of 0–316224000 */
      device_ttl?: number | undefined;
      /** an http or https URL of up to 2048 characters, or "" for none */
      webhook_url?: string | undefined;
      /** up to 100 origins of up to 256 characters each; ["*"] for any */
      allowed_origins?: Array<string> | undefined;
      /** the IANA name of a time zone, such as "Asia/Shanghai" */
      time_zone?: string | undefined;
      /** the push secret, up to 256 characters, or "" for none */
      push_secret?: string | undefined;
      /** the key of the events' signatures: whsec_ and the base64 of 24–64 bytes */
      webhook_secret?: string | undefined;
      /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
      app_id: string;
      /** where the app's users stand: 0 for the directory, k for USERS_k, which must be bound */
      database?: number | undefined;
    };
    answer: {
      data: {
        /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
        app_id: string;
        /** a text of 0–64 characters */
        name: string;
        /** 0 (normal) or 1 (suspended) */
        status: number;
        /** "open" or "closed" */
        registration: "open" | "closed";
        /** seconds: an integer of 1–316224000 */
        token_ttl: number;
        /** {"limits":{"mobile"?,"desktop"?,"web"?,"total"?},"overflow":"kick_oldest" or "refuse_new"}, each limit an integer of 1–10000 */
        sign_in_policy: {
          limits: {
            /** a number of devices: an integer of 1–10000 */
            mobile?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            desktop?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            web?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            total?: number | undefined;
          };
          overflow: "kick_oldest" | "refuse_new";
        };
        /** seconds, or 0 for never: an integer of 0–316224000 */
        device_ttl: number;
        /** an http or https URL of up to 2048 characters, or "" for none */
        webhook_url: string;
        /** up to 100 origins of up to 256 characters each; ["*"] for any */
        allowed_origins: Array<string>;
        /** the IANA name of a time zone, such as "Asia/Shanghai" */
        time_zone: string;
        /** where the app's users stand: 0 for the directory, k for USERS_k, which must be bound */
        database: number;
      };
    };
  };
  /** Read an app. */
  getApp: {
    params: object;
    answer: {
      data: {
        /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
        app_id: string;
        /** a text of 0–64 characters */
        name: string;
        /** 0 (normal) or 1 (suspended) */
        status: number;
        /** "open" or "closed" */
        registration: "open" | "closed";
        /** seconds: an integer of 1–316224000 */
        token_ttl: number;
        /** {"limits":{"mobile"?,"desktop"?,"web"?,"total"?},"overflow":"kick_oldest" or "refuse_new"}, each limit an integer of 1–10000 */
        sign_in_policy: {
          limits: {
            /** a number of devices: an integer of 1–10000 */
            mobile?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            desktop?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            web?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            total?: number | undefined;
          };
          overflow: "kick_oldest" | "refuse_new";
        };
        /** seconds, or 0 for never: an integer of 0–316224000 */
        device_ttl: number;
        /** an http or https URL of up to 2048 characters, or "" for none */
        webhook_url: string;
        /** up to 100 origins of up to 256 characters each; ["*"] for any */
        allowed_origins: Array<string>;
        /** the IANA name of a time zone, such as "Asia/Shanghai" */
        time_zone: string;
        /** where the app's users stand: 0 for the directory, k for USERS_k, which must be bound */
        database: number;
      };
    };
  };
  /** Change an app; a field left out stays as it is. */
  setApp: {
    params: {
      /** a text of 0–64 characters */
      name?: string | undefined;
      /** 0 (normal) or 1 (suspended) */
      status?: number | undefined;
      /** "open" or "closed" */
      registration?: "open" | "closed" | undefined;
      /** seconds: an integer of 1–316224000 */
      token_ttl?: number | undefined;
      /** {"limits":{"mobile"?,"desktop"?,"web"?,"total"?},"overflow":"kick_oldest" or "refuse_new"}, each limit an integer of 1–10000 */
      sign_in_policy?: {
        limits: {
          /** a number of devices: an integer of 1–10000 */
          mobile?: number | undefined;
          /** a number of devices: an integer of 1–10000 */
          desktop?: number | undefined;
          /** a number of devices: an integer of 1–10000 */
          web?: number | undefined;
          /** a number of devices: an integer of 1–10000 */
          total?: number | undefined;
        };
        overflow: "kick_oldest" | "refuse_new";
      } | undefined;
      /** seconds, or 0 for never: an integer of 0–316224000 */
      device_ttl?: number | undefined;
      /** an http or https URL of up to 2048 characters, or "" for none */
      webhook_url?: string | undefined;
      /** up to 100 origins of up to 256 characters each; ["*"] for any */
      allowed_origins?: Array<string> | undefined;
      /** the IANA name of a time zone, such as "Asia/Shanghai" */
      time_zone?: string | undefined;
      /** the push secret, up to 256 characters, or "" for none */
      push_secret?: string | undefined;
      /** the key of the events' signatures: whsec_ and the base64 of 24–64 bytes */
      webhook_secret?: string | undefined;
    };
    answer: {
      data: {
        /** an app's id: 1–64 of A–Z a–z 0–9 _ - */
        app_id: string;
        /** a text of 0–64 characters */
        name: string;
        /** 0 (normal) or 1 (suspended) */
        status: number;
        /** "open" or "closed" */
        registration: "open" | "closed";
        /** seconds: an integer of 1–316224000 */
        token_ttl: number;
        /** {"limits":{"mobile"?,"desktop"?,"web"?,"total"?},"overflow":"kick_oldest" or "refuse_new"}, each limit an integer of 1–10000 */
        sign_in_policy: {
          limits: {
            /** a number of devices: an integer of 1–10000 */
            mobile?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            desktop?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            web?: number | undefined;
            /** a number of devices: an integer of 1–10000 */
            total?: number | undefined;
          };
          overflow: "kick_oldest" | "refuse_new";
        };
        /** seconds, or 0 for never: an integer of 0–316224000 */
        device_ttl: number;
        /** an http or https URL of up to 2048 characters, or "" for none */
        webhook_url: string;
        /** up to 100 origins of up to 256 characters each; ["*"] for any */
        allowed_origins: Array<string>;
        /** the IANA name of a time zone, such as "Asia/Shanghai" */
        time_zone: string;
        /** where the app's users stand: 0 for the directory, k for USERS_k, which must be bound */
        database: number;
      };
    };
  };
  /** List the app's admin tokens, without their secrets. */
  listAdminTokens: {
    params: object;
    answer: {
      data: Array<{
        id: number;
        name: string;
        /** "viewer", "support", "moderator", "push", "operator", "owner": what the token may do; "owner", which is all, where it is left out */
        role: "viewer" | "support" | "moderator" | "push" | "operator" | "owner";
        created_at: number;
        /** ms since 1970; null for never */
        expire: number | null;
        revoked_at: number | null;
        /** to the minute; null for never */
        last_used_at: number | null;
      }>;
    };
  };
  /** Make an admin token; it is shown this once. */
  createAdminToken: {
    params: {
      /** a text of 1–64 characters */
      name: string;
      /** "viewer", "support", "moderator", "push", "operator", "owner": what the token may do; "owner", which is all, where it is left out */
      role?: "viewer" | "support" | "moderator" | "push" | "operator" | "owner" | undefined;
      /** an instant in ms since 1970 */
      expire?: number | undefined;
    };
    answer: {
      data: {
        id: number;
        token: string;
        name: string;
        /** "viewer", "support", "moderator", "push", "operator", "owner": what the token may do; "owner", which is all, where it is left out */
        role: "viewer" | "support" | "moderator" | "push" | "operator" | "owner";
        expire: number | null;
      };
    };
  };
  /** Revoke an admin token: it is refused from the next call on. */
  revokeAdminToken: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      id: number;
    };
    answer: {
      data: true;
    };
  };
  /** Read how far the app's move to another database is, or how its last one ended. */
  getMove: {
    params: object;
    answer: {
      data: {
        /** the database that the app moves from */
        source: number;
        /** and to */
        target: number;
        phase: "closing" | "copying" | "waiting" | "emptying" | "done" | "undoing" | "undone";
        /** rows copied so far */
        copied: number;
        started_at: number;
        /** since when the app takes no writes */
        closed_at: number | null;
        /** when it may take them again, once all is copied */
        open_at: number | null;
        /** since when it does */
        opened_at: number | null;
        ended_at: number | null;
        /** how many steps failed one after another; of ten before the app stands at the target it is undone */
        failures: number;
        /** why the last one did; "" where none did */
        fault: string;
      };
    };
  };
  /** Move the app to another database, or go on with it: a call works for some seconds, the rest goes on without it. */
  moveApp: {
    params: {
      /** the number of a bound database, higher than where the app stands */
      database: number;
    };
    answer: {
      data: {
        /** the database that the app moves from */
        source: number;
        /** and to */
        target: number;
        phase: "closing" | "copying" | "waiting" | "emptying" | "done" | "undoing" | "undone";
        /** rows copied so far */
        copied: number;
        started_at: number;
        /** since when the app takes no writes */
        closed_at: number | null;
        /** when it may take them again, once all is copied */
        open_at: number | null;
        /** since when it does */
        opened_at: number | null;
        ended_at: number | null;
        /** how many steps failed one after another; of ten before the app stands at the target it is undone */
        failures: number;
        /** why the last one did; "" where none did */
        fault: string;
      };
    };
  };
  /** Stop the app's move: it opens again where it stands. After the app stands at the target it is too late. */
  stopMove: {
    params: object;
    answer: {
      data: {
        /** the database that the app moves from */
        source: number;
        /** and to */
        target: number;
        phase: "closing" | "copying" | "waiting" | "emptying" | "done" | "undoing" | "undone";
        /** rows copied so far */
        copied: number;
        started_at: number;
        /** since when the app takes no writes */
        closed_at: number | null;
        /** when it may take them again, once all is copied */
        open_at: number | null;
        /** since when it does */
        opened_at: number | null;
        ended_at: number | null;
        /** how many steps failed one after another; of ten before the app stands at the target it is undone */
        failures: number;
        /** why the last one did; "" where none did */
        fault: string;
      };
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const rootRoutes = {
  listApps: "GET /admin/apps",
  createApp: "POST /admin/apps",
  getApp: "GET /admin/app",
  setApp: "PUT /admin/app",
  listAdminTokens: "GET /admin/tokens",
  createAdminToken: "POST /admin/tokens",
  revokeAdminToken: "DELETE /admin/tokens",
  getMove: "GET /admin/app/database",
  moveApp: "PUT /admin/app/database",
  stopMove: "DELETE /admin/app/database",
} as const;

/** What the root key and an admin token call. */
export interface SharedOperations {
  /** Say which user a group_id stands for. */
  putGroup: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      group_id: number;
      /** an id: an integer from 1 to 9007199254740991 */
      owner_id: number;
    };
    answer: {
      data: true;
    };
  };
  /** Forget a group. */
  deleteGroup: {
    params: {
      /** an id: an integer from 1 to 9007199254740991 */
      group_id: number;
    };
    answer: {
      data: true;
    };
  };
  /** Say what stands in the way of a user's call, sign-in, connection or push, and who can do what about it. */
  explain: {
    params: {
      /** "call", "sign_in", "connect" or "push": what of the user is asked about */
      for: "call" | "sign_in" | "connect" | "push";
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** a user's token, whole, 1–128 characters; in a POST it is in no log of the way */
      token?: string | undefined;
      /** left out: what was refused in the past is in the service's log, by its request id */
      request_id?: never | undefined;
      /** a device's serial: an integer from 1 */
      device_sn?: number | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** the IP address that the user calls from, 1–64 characters */
      address?: string | undefined;
      /** the origin of the page that the user calls from, 1–256 characters */
      origin?: string | undefined;
      /** an instant in ms since 1970, up to 253402300799999: what is to be judged for it */
      at?: number | undefined;
    };
    answer: {
      data: {
        verdict: "let_through" | "refused";
        /** what the user hears: 200 where it is let through; 0 of a push, which is told none */
        code: number;
        /** the name of the refusal, or why nothing is pushed; "" where it is let through */
        reason: string;
        /** all that may stand in the way, in its order */
        gates: Array<{
          gate: string;
          /** null where it was not asked, as an earlier one leaves nothing to ask it of */
          passed: boolean | null;
          /** what it was decided on */
          fact: string;
          /** since when that is so (ms) */
          since: number | null;
          /** who has made it so, as in the audit */
          by: string | null;
          /** when time alone lifts it (ms) */
          lifts_at: number | null;
          /** what staff can do; "" where nothing is to be done */
          remedy: string;
        }>;
      };
    };
  };
  /** The same by a body, so that a token is in no log of the way. */
  explainToken: {
    params: {
      /** "call", "sign_in", "connect" or "push": what of the user is asked about */
      for: "call" | "sign_in" | "connect" | "push";
      /** an id: an integer from 1 to 9007199254740991 */
      user_id?: number | undefined;
      /** a user's token, whole, 1–128 characters; in a POST it is in no log of the way */
      token?: string | undefined;
      /** left out: what was refused in the past is in the service's log, by its request id */
      request_id?: never | undefined;
      /** a device's serial: an integer from 1 */
      device_sn?: number | undefined;
      /** 1 (ios), 2 (android), 3 (windows), 4 (mac), 5 (linux) or 6 (web) */
      platform?: number | undefined;
      /** the device's own id, 1–128 characters */
      device_guid?: string | undefined;
      /** the IP address that the user calls from, 1–64 characters */
      address?: string | undefined;
      /** the origin of the page that the user calls from, 1–256 characters */
      origin?: string | undefined;
      /** an instant in ms since 1970, up to 253402300799999: what is to be judged for it */
      at?: number | undefined;
    };
    answer: {
      data: {
        verdict: "let_through" | "refused";
        /** what the user hears: 200 where it is let through; 0 of a push, which is told none */
        code: number;
        /** the name of the refusal, or why nothing is pushed; "" where it is let through */
        reason: string;
        /** all that may stand in the way, in its order */
        gates: Array<{
          gate: string;
          /** null where it was not asked, as an earlier one leaves nothing to ask it of */
          passed: boolean | null;
          /** what it was decided on */
          fact: string;
          /** since when that is so (ms) */
          since: number | null;
          /** who has made it so, as in the audit */
          by: string | null;
          /** when time alone lifts it (ms) */
          lifts_at: number | null;
          /** what staff can do; "" where nothing is to be done */
          remedy: string;
        }>;
      };
    };
  };
}

/** How each of them is asked for: method, path, and what its body or its answer is where that is not JSON. */
export const sharedRoutes = {
  putGroup: "PUT /admin/groups",
  deleteGroup: "DELETE /admin/groups",
  explain: "GET /admin/explain",
  explainToken: "POST /admin/explain",
} as const;

/** The scope that each operation needs of an admin token; "root" where it takes the root key alone. */
export const scopes = {
  registerBatch: "act",
  deleteUser: "act",
  rename: "act",
  changePassword: "act",
  setPassword: "act",
  setAvatar: "act",
  setAvatars: "act",
  setNickName: "act",
  setMobile: "act",
  setPublicInfo: "act",
  setPrivateInfo: "act",
  setProfile: "profile",
  setProfiles: "act",
  getProfile: "read",
  setDownload: "act",
  setAuthMode: "act",
  setSettings: "act",
  getSettings: "read",
  bindToken: "act",
  unbindToken: "act",
  setAlias: "act",
  getAlias: "read",
  addTags: "act",
  removeTags: "act",
  removeAllTags: "act",
  listTags: "read",
  setBadge: "act",
  getBadge: "read",
  setPushLimit: "act",
  setSnooze: "act",
  setPushNickName: "act",
  setSounds: "act",
  setVibratory: "act",
  setPush: "act",
  setPushDetail: "act",
  muteDevice: "act",
  routePush: "push",
  pushFeedback: "push",
  listDevices: "read",
  removeDevice: "sessions",
  kick: "sessions",
  tryPolicy: "read",
  onlineStatus: "read",
  listUsers: "read",
  findUsers: "read",
  findUsersBy: "read",
  readPicture: "read",
  watchUser: "read",
  listApps: "root",
  createApp: "root",
  getApp: "root",
  setApp: "root",
  listAdminTokens: "root",
  createAdminToken: "root",
  revokeAdminToken: "root",
  putGroup: "groups",
  deleteGroup: "groups",
  overview: "read",
  getMove: "root",
  moveApp: "root",
  stopMove: "root",
  importUsers: "import",
  exportUsers: "export",
  disableUsers: "bans",
  enableUsers: "bans",
  listBans: "read",
  listAudit: "read",
  explain: "explain",
  explainToken: "explain",
  listDeadEvents: "read",
  listDeliveries: "webhooks",
  replayEvents: "webhooks",
} as const;
