/**
 * Who asks a registry.
 */
import { base64 } from '../base64.ts';

/** Nothing at all is the anonymous visitor. */
export interface RegistryCredentials {
  username?: string;
  password?: string;
  /** Stands for the user at the registry's token service, instead of the password. */
  identityToken?: string;
  /** Sent to the registry as it is. */
  registryToken?: string;
}

/** A name without a password, or the other way round, is no login. */
export function hasBasicLogin({ username, password }: RegistryCredentials): boolean {
  return Boolean(username) && Boolean(password);
}

export function basicAuthorization({ username = '', password = '' }: RegistryCredentials): string {
  return `Basic ${base64(new TextEncoder().encode(`${username}:${password}`))}`;
}
