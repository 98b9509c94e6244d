/**
 * The command {@code serve}: pictures and clips over HTTP, in the form of OpenAI's API. See
 * docs/serve.md.
 */
package org.viditq.serve;
