/**
 * The syntaxes of `--blkio-weight-device` and `--device-{read,write}-{bps,iops}`: `<device path>:<value>`.
 * Source: docker/cli opts/weightdevice.go and opts/throttledevice.go.
 */
import { parseUnsigned } from '../units/number.ts';
import { parseRamSize } from '../units/size.ts';

/** @throws Error with Docker's words */
export function parseWeightDevice(spec: string): { Path: string; Weight: number } {
  const [path, text] = split(spec);
  const weight = valueOr(() => Number(parseUnsigned(text, 10, 16)), `invalid weight for device: ${spec}`);
  if (weight > 0 && (weight < 10 || weight > 1000)) throw new Error(`invalid weight for device: ${spec}`);
  return { Path: path, Weight: weight };
}

/** Bytes a second, with a unit. */
export function parseDeviceBytesRate(spec: string): { Path: string; Rate: number } {
  const [path, text] = split(spec);
  const message = `invalid rate for device: ${spec}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`;
  return { Path: path, Rate: valueOr(() => parseRamSize(text), message) };
}

/** Operations a second. */
export function parseDeviceOperationsRate(spec: string): { Path: string; Rate: number } {
  const [path, text] = split(spec);
  const message = `invalid rate for device: ${spec}. The correct format is <device-path>:<number>. Number must be a positive integer`;
  return { Path: path, Rate: valueOr(() => Number(parseUnsigned(text, 10)), message) };
}

function split(spec: string): [path: string, value: string] {
  const colon = spec.indexOf(':');
  if (colon < 1) throw new Error(`bad format: ${spec}`);
  if (!spec.startsWith('/dev/')) throw new Error(`bad format for device path: ${spec}`);
  return [spec.slice(0, colon), spec.slice(colon + 1)];
}

function valueOr(parse: () => number, message: string): number {
  try {
    return parse();
  } catch (error) {
    throw new Error(message, { cause: error });
  }
}
