/**
 * The hash of a service's configuration, by which `up` sees whether a container is still what the file says: SHA-256 of
 * the service as JSON, without what does not make another container of it.
 * Source: docker/compose 2.26.1 pkg/compose/hash.go.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ComposeService } from './project.ts';
import { serviceJson } from './render.ts';

/** 64 hexadecimal digits: the label `com.docker.compose.config-hash`. */
export function serviceHash(service: ComposeService): string {
  const { deploy } = service;
  const hashed = {
    ...service,
    build: undefined,
    pull_policy: undefined,
    scale: undefined,
    ...(deploy && { deploy: { ...deploy, replicas: undefined } }),
  };
  return bytesToHex(sha256(utf8ToBytes(serviceJson(hashed))));
}
