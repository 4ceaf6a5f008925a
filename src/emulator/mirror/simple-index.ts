/**
 * Python's package index: which files a project has, for pip. As HTML, and as JSON for those who ask for it, which is
 * less work for them. Source: PEP 503, PEP 629, PEP 691.
 */
import type { ApiResponse } from '#engine/api/http.ts';
import type { Wheel } from './catalog.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';

/** PEP 503: what counts as one name. */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

export function projectPage(project: string, wheels: readonly Wheel[], accept: string): ApiResponse {
  const url = (file: string): string => `../../packages/${encodeURIComponent(file)}`;
  if (accept.includes(JSON_TYPE)) {
    const files = wheels.map(({ file, sha256, requiresPython, sizeBytes }) => ({
      filename: file,
      url: url(file),
      hashes: { sha256 },
      'requires-python': requiresPython,
      size: sizeBytes,
    }));
    return page(JSON_TYPE, JSON.stringify({ meta: { 'api-version': '1.0' }, name: project, files }));
  }
  const links = wheels.map(({ file, sha256, requiresPython }) => {
    const requires = requiresPython ? ` data-requires-python="${escapeHtml(requiresPython)}"` : '';
    return `<a href="${escapeHtml(url(file))}#sha256=${sha256}"${requires}>${escapeHtml(file)}</a><br/>\n`;
  });
  return html(`Links for ${project}`, links.join(''));
}

export function projectList(projects: readonly string[], accept: string): ApiResponse {
  if (accept.includes(JSON_TYPE))
    return page(JSON_TYPE, JSON.stringify({ meta: { 'api-version': '1.0' }, projects: projects.map((name) => ({ name })) }));
  return html('Simple index', projects.map((name) => `<a href="/simple/${name}/">${name}</a>\n`).join(''));
}

function html(title: string, body: string): ApiResponse {
  const head = `<meta name="pypi:repository-version" content="1.0">\n<title>${title}</title>`;
  return page(
    'text/html; charset=UTF-8',
    `<!DOCTYPE html>\n<html>\n<head>\n${head}\n</head>\n<body>\n<h1>${title}</h1>\n${body}</body>\n</html>\n`,
  );
}

function page(type: string, text: string): ApiResponse {
  return { status: 200, headers: { 'Content-Type': type }, body: { kind: 'bytes', bytes: new TextEncoder().encode(text) } };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
