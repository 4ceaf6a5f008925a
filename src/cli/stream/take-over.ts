/** Takes a connection over for attach and exec, with what Docker's client says when the daemon refuses. */
import { ApiError, type ApiClient, type CallOptions, type Hijacked } from '#engine/api/client.ts';
import { ExitError } from '../exit-error.ts';

/** @throws ExitError that names the status only: Docker's client does not read the daemon's reason here */
export async function takeOver(api: ApiClient, path: string, options: CallOptions): Promise<Hijacked> {
  try {
    return await api.hijack(path, options);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ExitError(1, `unable to upgrade to tcp, received ${error.status}`, { cause: error });
  }
}
