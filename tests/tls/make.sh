#!/usr/bin/env bash
# Makes the keys and certificates of the tests, good for a hundred years; run it again only if they must change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"; }
authority() {
    key "$1"
    openssl req -x509 -new -key "$1.key" -subj "/CN=pricer tests $1" -days 36500 -out "$1.pem" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}
# signed NAME AUTHORITY SAN USAGE
signed() {
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" |
        openssl x509 -req -CA "$2.pem" -CAkey "$2.key" -set_serial "0x$(openssl rand -hex 8)" -days "${5:-36500}" -out "$1.pem" \
            -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$3" "$4") 2>/dev/null
}
authority ca
authority other
signed server ca DNS:localhost,IP:127.0.0.1 serverAuth
signed shop ca URI:spiffe://orda/shop clientAuth
signed stranger other URI:spiffe://orda/shop clientAuth
signed nobody ca URI:spiffe://orda/nobody clientAuth
rm -f ca.key other.key
