# shellcheck shell=bash
# Certificates for tests, made with openssl in the working directory; source this behind lib.sh. Files are NAME.pem and
# NAME.key.
#
#   root_ca NAME [END [START]]           a root; dates as 20300101000000Z, valid from 2020 to 2120 unless said otherwise
#   issue NAME BY leaf|ca                a certificate that BY has signed
# Each ends with 1 when openssl cannot.

pki_config() {
	cat >pki.cnf <<-'END'
		[req]
		distinguished_name = dn
		[dn]
		[ca]
		default_ca = own
		[own]
		database = pki.index
		new_certs_dir = .
		rand_serial = yes
		default_md = sha256
		policy = any
		unique_subject = no
		[any]
		commonName = supplied
		[ext_ca]
		basicConstraints = critical,CA:TRUE
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
		[ext_leaf]
		basicConstraints = CA:FALSE
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
		subjectAltName = DNS:localhost,IP:127.0.0.1
	END
	: >pki.index
}

# NAME BY EXTENSIONS START END: BY signs a new key; one that signs itself has its own key.
pki_sign() {
	[ -e pki.cnf ] || pki_config
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config pki.cnf -keyout "$1.key" -out pki.csr \
		-subj "/CN=$1" 2>/dev/null || return
	if [ "$1" = "$2" ]; then
		set -- "$@" -selfsign
	else
		set -- "$@" -cert "$2.pem"
	fi
	openssl ca -batch -notext -config pki.cnf -extensions "ext_$3" -keyfile "$2.key" -in pki.csr -startdate "$4" -enddate "$5" \
		-out "$1.pem" "${@:6}" 2>/dev/null
}

root_ca() {
	pki_sign "$1" "$1" ca "${3:-20200101000000Z}" "${2:-21200101000000Z}"
}

issue() {
	pki_sign "$1" "$2" "$3" 20200101000000Z 21200101000000Z
}
