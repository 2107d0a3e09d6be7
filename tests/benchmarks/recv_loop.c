/* The limit that receivers are measured against: recv in a loop with a 4 MiB buffer. Prints the port, then, when a
   datagram of one byte arrives, how many others came. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    int size = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char data[65536];
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) return 1;
    getsockname(fd, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        long count = 0;
        while (recv(fd, data, sizeof data, 0) != 1) count++;
        printf("%ld\n", count);
        fflush(stdout);
    }
}
