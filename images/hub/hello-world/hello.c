/* hello-world: prints how it came to run, without a C library. */

static const char text[] =
    "\n"
    "Hello from Docker!\n"
    "This message comes out of a container, so everything up to here works.\n"
    "\n"
    "What happened on the way:\n"
    " 1. The Docker client sent your command to the Docker daemon.\n"
    " 2. The daemon found no image named \"hello-world\" and pulled it (linux/386),\n"
    "    unless it was there already from an earlier run.\n"
    " 3. The daemon created a container from the image and started the one program\n"
    "    in it, which is printing these lines.\n"
    " 4. The daemon passed its output on to the client, and the client to your\n"
    "    terminal.\n"
    "\n"
    "All of it ran on your own machine: the Linux kernel under this container is\n"
    "emulated by Drydock, in a browser tab or in Node.js, and the image came with\n"
    "the page instead of from Docker Hub.\n"
    "\n"
    "Next, try a shell in a container:\n"
    " $ docker run -it busybox sh\n"
    "\n";

static int call(int number, int a, const void *b, int c) {
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

void _start(void) {
    const char *rest = text;
    int left = sizeof text - 1, written;
    while (left > 0 && (written = call(4 /* write */, 1, rest, left)) > 0) {
        rest += written;
        left -= written;
    }
    call(1 /* exit */, left > 0, 0, 0);
    __builtin_unreachable();
}
