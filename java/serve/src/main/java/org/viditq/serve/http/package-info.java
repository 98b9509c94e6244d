/** The server's face: routes, limits, keys, events and stored results. */
package org.viditq.serve.http;
