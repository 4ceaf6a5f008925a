/**
 * Plugin bodies of the Engine API, as far as they are looked at.
 * Source: moby api/types, API 1.50.
 */

export interface Plugin {
  Id: string;
  Name: string;
  Enabled: boolean;
  PluginReference?: string;
  Config: { Description: string };
}

/** Something that a plugin may do only when a person allows it. */
export interface PluginPrivilege {
  Name: string;
  Description: string;
  Value: string[] | null;
}
