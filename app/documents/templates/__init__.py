"""Papers from templates: the manifest, what may be uploaded, filling here or in a child process, the template in force."""
