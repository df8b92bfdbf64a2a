import { errorRow, type Service, writeXmlMembers, xmlElement, xmlText } from '@holdall/protocol';
import type { Protocol, WireRequest } from './protocol.ts';
import { query } from './query.ts';

interface XmlProtocol extends Protocol {
  /** Whether the request asks for the version of one of these services. */
  isMeant(request: WireRequest): boolean;
}

/**
 * The query protocol as older services of Amazon's speak it: requests like those of the query form, answers and errors
 * in XML with the request id inside.
 */
export function xmlQuery(services: readonly Service[]): XmlProtocol {
  const { route, members } = query(services);
  const versions = services.map(({ version }) => new RegExp(`(?:^|&)Version=${version}(?:&|$)`));
  const anyNamespace = services[0]?.namespace ?? '';
  return {
    contentType: 'text/xml',
    isMeant: (request) => {
      const inBody = request.method === 'POST' ? Buffer.from(request.body).toString('latin1') : '';
      return versions.some((version) => version.test(request.query) || version.test(inBody));
    },
    route,
    members,
    success: ({ service, name, operation }, output, requestId) =>
      document(
        `${name}Response`,
        service.namespace,
        xmlElement(`${name}Result`, writeXmlMembers(operation.output ?? {}, output ?? {})) +
          xmlElement('ResponseMetadata', requestIdElement(requestId)),
      ),
    failure: (code, message, found, requestId) => {
      const row = errorRow(code);
      const type = row.xmlName ?? row.queryName ?? code;
      const error =
        xmlElement('Type', row.fault === 'client' ? 'Sender' : 'Receiver') +
        xmlElement('Code', type) +
        xmlElement('Message', xmlText(message));
      return {
        status: row.xmlStatus ?? row.queryStatus ?? row.status,
        type,
        body: document(
          'ErrorResponse',
          found?.service.namespace ?? anyNamespace,
          xmlElement('Error', error) + requestIdElement(requestId),
        ),
      };
    },
  };
}

function requestIdElement(requestId: string): string {
  return xmlElement('RequestId', xmlText(requestId));
}

/** An XML declaration would say what is so without one: version 1.0, UTF-8. */
function document(root: string, namespace: string, content: string): string {
  return `<${root} xmlns="${xmlText(namespace)}">${content}</${root}>\n`;
}
