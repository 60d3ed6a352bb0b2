# A mirror's machine, on this one: sshd and nginx on free ports of 127.0.0.1; sourced by the suite.
# shellcheck shell=bash

servers=()

# free_port: a port that nobody listens on.
free_port() {
    local port
    for ((attempt = 0; attempt < 100; attempt++)); do
        port=$((20000 + RANDOM % 12000)) # below those that connections of this machine get
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return; }
    done
    return 1
}

# wait_for PORT: until somebody listens there.
wait_for() {
    for ((attempt = 0; attempt < 100; attempt++)); do
        (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.1
    done
    return 1
}

# sshd_files: keys and settings for server and client, in $world/ssh; the server's port is $ssh_port.
sshd_files() {
    local ssh=$world/ssh
    mkdir -p "$ssh"
    chmod 700 "$ssh"
    ssh_port=$(free_port) || return
    ssh-keygen -q -t ed25519 -N '' -f "$ssh/host" && ssh-keygen -q -t ed25519 -N '' -f "$ssh/user" || return
    cp "$ssh/user.pub" "$ssh/authorized_keys"
    printf '[127.0.0.1]:%s %s\n' "$ssh_port" "$(cat "$ssh/host.pub")" >"$ssh/known_hosts"
    cat >"$ssh/sshd_config" <<END
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $ssh/host
AuthorizedKeysFile $ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
END
    cat >"$ssh/config" <<END
Host *
    IdentityFile $ssh/user
    IdentitiesOnly yes
    UserKnownHostsFile $ssh/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    BatchMode yes
END
    # Without it, sshd of root does not start.
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
}

start_sshd() {
    "$(command -v sshd)" -D -e -f "$world/ssh/sshd_config" 2>"$world/ssh/log" &
    servers+=($!)
    wait_for "$ssh_port"
}

# start_nginx FOLDER: serves it on $http_port.
start_nginx() {
    local place=$world/nginx
    mkdir -p "$place"
    http_port=$(free_port) || return
    cat >"$place/nginx.conf" <<END
$([ "$(id -u)" != 0 ] || echo 'user root;')
daemon off;
pid $place/pid;
error_log $place/error.log;
worker_processes 1;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $place/1; proxy_temp_path $place/2; fastcgi_temp_path $place/3;
    uwsgi_temp_path $place/4; scgi_temp_path $place/5;
    server { listen 127.0.0.1:$http_port; root $1; }
}
END
    nginx -p "$place" -c "$place/nginx.conf" 2>"$place/start.log" &
    servers+=($!)
    wait_for "$http_port"
}

stop_servers() {
    [ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null
    wait
}
