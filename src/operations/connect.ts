import { z } from "zod";
import { DeviceGuid, DeviceName, Platform } from "../domain/fields.ts";
import { refusal } from "../domain/reasons.ts";
import { Done, operation } from "../http/operation.ts";
import { openSocket } from "../services/connect.ts";

export const connect = operation({
  id: "connect",
  refuses: ["too_many_devices"],
  summary: "Connect the device: its WebSocket",
  tag: "devices",
  methods: ["GET"],
  path: "/user/device/connect",
  caller: "session",
  hubDecides: true,
  socket: true,
  from: "query",
  params: z.object({
    device_guid: DeviceGuid.optional(),
    platform: Platform.optional(),
    device_name: DeviceName.optional(),
  }),
  data: Done,
  async handle(scope, input) {
    const { device_guid: guid, platform, device_name: name } = input;
    const opened = await openSocket(scope, { guid, platform, name, user_agent: scope.userAgent });
    if (opened instanceof Response) return opened;
    throw refusal(opened);
  },
});
